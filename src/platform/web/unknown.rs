//! What a page's address asks for that the page doesn't know: said in a line, and not passed over in silence.
//!
//! Which names a page reads is known from its route; those of a query that a handler reads as a whole stand here.

use rocket::Request;
use rocket::http::Method;

use super::lang::Lang;
use super::query::Query;

/// Names behind `<query..>`, by the route's path.
const WHOLE: [(&str, &[&str]); 4] = [
    ("/", &["q", "order", "cursor"]),
    ("/tags/<tag>", &["q", "type", "from", "to", "order"]),
    ("/tasks/send", &["tag", "scope", "ids", "q", "type", "since", "until", "to", "name", "task_type"]),
    ("/ingest", &["group", "state", "tag", "cursor"]),
];

/// Names that pages give each other, which are nobody's to type.
const INNER: [&str; 6] = ["cursor", "new", "scope", "ids", "name", "task_type"];

/// Most characters of a name that are shown.
const SHOWN: usize = 40;

/// Most names that are shown.
const MOST: usize = 5;

/// The line for a page that was asked for something it doesn't know; `None` where there is nothing of the kind.
#[must_use]
pub fn told(request: &Request<'_>, lang: Lang) -> Option<String> {
    let route = request.route().filter(|_| matches!(request.method(), Method::Get | Method::Head))?;
    let declared = route.uri.query().unwrap_or_default();
    let single = declared.split('&').filter_map(|part| part.strip_prefix('<')?.strip_suffix('>'));
    let mut known: Vec<&str> = single.filter(|name| !name.ends_with("..")).collect();
    if declared.contains("..>") {
        let (_, names) = WHOLE.iter().find(|(path, _)| *path == route.uri.path())?;
        known.extend(*names);
    }
    let query = Query::of(request.uri());
    let mut unknown: Vec<String> = Vec::new();
    for name in query.names().filter(|name| !known.contains(name)) {
        let short: String = name.chars().filter(|letter| !letter.is_control()).take(SHOWN).collect();
        if !unknown.contains(&short) && unknown.len() < MOST {
            unknown.push(short);
        }
    }
    known.retain(|name| !INNER.contains(name));
    (!unknown.is_empty()).then(|| line(&unknown, &known, lang))
}

fn line(unknown: &[String], known: &[&str], lang: Lang) -> String {
    let quoted: Vec<String> = unknown.iter().map(|name| format!("“{name}”")).collect();
    match (lang, known) {
        (Lang::En, []) => format!("This page has no filter {}; it was not applied.", quoted.join(", ")),
        (Lang::En, known) => {
            format!(
                "This page has no filter {}; it was not applied. It knows: {}.",
                quoted.join(", "),
                known.join(", ")
            )
        }
        (Lang::Zh, []) => format!("此页面没有筛选条件{}，未应用。", quoted.join("、")),
        (Lang::Zh, known) => {
            format!("此页面没有筛选条件{}，未应用。可用的条件：{}。", quoted.join("、"), known.join("、"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_names_what_is_unknown_and_what_is_known() {
        let typ = ["typ".to_owned()];
        assert_eq!(
            line(&typ, &["q", "type"], Lang::En),
            "This page has no filter “typ”; it was not applied. It knows: q, type."
        );
        assert_eq!(line(&typ, &[], Lang::Zh), "此页面没有筛选条件“typ”，未应用。");
    }
}
