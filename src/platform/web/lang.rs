//! Which language a page speaks: the cookie `lang`, then `Accept-Language`, then English.
//!
//! What always holds: a [`Lang`] is one of the languages whose texts are complete, so a page never
//! has to fall back in the middle of a sentence.

use rocket::form::FromForm;
use rocket::http::{Cookie, CookieJar, SameSite};
use rocket::request::{FromRequest, Outcome, Request};
use rocket::response::Redirect;
use rocket::time::Duration;

use crate::platform::web::form::Form;
use crate::platform::web::guards::Caller;

/// The cookie that remembers the choice.
pub const COOKIE: &str = "lang";

/// A language that the pages speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Lang {
    #[default]
    En,
    Zh,
}

impl Lang {
    /// The word in the cookie and in forms.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
        }
    }

    /// For `<html lang>` and `Content-Language` (BCP 47).
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh-CN",
        }
    }

    /// Its own name, as a reader of it would look for it.
    #[must_use]
    pub fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Zh => "中文",
        }
    }

    /// The one that the switch offers.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::En => Self::Zh,
            Self::Zh => Self::En,
        }
    }

    /// Reads the cookie's word.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        match code {
            "en" => Some(Self::En),
            "zh" => Some(Self::Zh),
            _ => None,
        }
    }

    /// The best language for an `Accept-Language` header (RFC 9110 §12.5.4): by weight, then by
    /// place; `*` means `any`. `None` when it names none that we speak.
    #[must_use]
    pub fn negotiate(header: &str, any: Self) -> Option<Self> {
        let mut best: Option<(Self, u16)> = None;
        for range in header.split(',') {
            let Some((lang, weight)) = Self::range(range, any) else {
                continue;
            };
            if weight > 0 && best.is_none_or(|(_, heaviest)| weight > heaviest) {
                best = Some((lang, weight));
            }
        }
        best.map(|(lang, _)| lang)
    }

    /// One range of the header with its weight in thousandths.
    fn range(range: &str, any: Self) -> Option<(Self, u16)> {
        let mut parts = range.split(';');
        let name = parts.next()?.trim();
        let primary = name.split('-').next()?;
        let lang = if primary.eq_ignore_ascii_case("zh") {
            Self::Zh
        } else if primary.eq_ignore_ascii_case("en") {
            Self::En
        } else if primary == "*" {
            any
        } else {
            return None;
        };
        let weight = parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(Some(1000), thousandths)?;
        Some((lang, weight))
    }

    /// The language of a request.
    #[must_use]
    pub fn of(request: &Request<'_>) -> Self {
        Self::of_or(request, Self::default())
    }

    /// The language of a request in a family that speaks `default` where nothing else is asked for.
    #[must_use]
    pub fn of_or(request: &Request<'_>, default: Self) -> Self {
        let chosen = request.cookies().get(COOKIE).and_then(|cookie| Self::parse(cookie.value()));
        let asked = || request.headers().get("Accept-Language").find_map(|header| Self::negotiate(header, default));
        chosen.or_else(asked).unwrap_or(default)
    }
}

/// A quality value (`0.8`) in thousandths.
fn thousandths(q: &str) -> Option<u16> {
    let (whole, part) = q.split_once('.').unwrap_or((q, ""));
    if part.len() > 3 || !part.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let whole: u16 = whole.parse().ok().filter(|n| *n <= 1)?;
    let part: u16 = format!("{part:0<3}").parse().ok()?;
    Some((whole * 1000 + part).min(1000))
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Lang {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        Outcome::Success(Self::of(request))
    }
}

/// The switch's form: what is chosen, and the page to come back to.
#[derive(FromForm)]
struct Choice<'r> {
    lang: &'r str,
    #[field(default = "/")]
    back: &'r str,
}

/// `POST /language`: remembers the choice for a year and goes back.
#[rocket::post("/language", data = "<form>")]
fn choose(_caller: Caller, form: Form<Choice<'_>>, jar: &CookieJar<'_>) -> Redirect {
    let Choice { lang, back } = form.into_inner();
    if let Some(lang) = Lang::parse(lang) {
        jar.add(preference(COOKIE, lang.code()));
    }
    Redirect::to(way_back(back))
}

/// A cookie that keeps a choice of the reader's for a year.
pub(crate) fn preference(name: &'static str, value: &'static str) -> Cookie<'static> {
    Cookie::build((name, value)).path("/").same_site(SameSite::Lax).max_age(Duration::days(365)).build()
}

/// `back` when it leads to a page of this server, else the first page: a form must not be able to
/// send anybody elsewhere.
#[must_use]
pub fn way_back(back: &str) -> String {
    let local = back.starts_with('/') && !back.starts_with("//");
    let plain = back.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    // Pages alone: seed 003 starts and deletes tasks by `GET`, and percent signs could hide it.
    let is_page = !back.split('/').nth(1).is_some_and(|first| first.starts_with("v1") || first.contains('%'));
    if local && plain && is_page { back.to_owned() } else { "/".to_owned() }
}

/// The routes of this module.
#[must_use]
pub fn routes() -> Vec<rocket::Route> {
    rocket::routes![choose]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_language_that_we_speak_wins() {
        for (header, lang) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", Some(Lang::Zh)),
            ("en-GB,en;q=0.9,zh;q=0.8", Some(Lang::En)),
            ("fr, zh;q=0.2", Some(Lang::Zh)),
            ("en;q=0.1, ZH-hant;q=0.5", Some(Lang::Zh)),
            ("zh;q=0, en", Some(Lang::En)),
            ("en, zh", Some(Lang::En)),
            ("*", Some(Lang::En)),
            ("fr-FR, de", None),
            ("", None),
            ("zh;q=kitten", None),
            ("zh;q=1.5", Some(Lang::Zh)),
        ] {
            assert_eq!(Lang::negotiate(header, Lang::En), lang, "{header:?}");
        }
    }

    #[test]
    fn the_way_back_never_leaves_the_house() {
        for good in ["/", "/tags/a?q=b&order=name", "/files/7"] {
            assert_eq!(way_back(good), good);
        }
        for bad in ["", "https://evil.example/", "//evil.example", "/\\evil", "tags", "/a\r\nSet-Cookie:x", "/a b"] {
            assert_eq!(way_back(bad), "/", "{bad:?}");
        }
    }
}
