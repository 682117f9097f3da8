//! The lines of the log as sentences: “ann minted the token phones”. Pure.
//!
//! A deed is known by its method and route, or by its command; a test holds the table against the routes that are there. The
//! name of the thing stands behind a `#` of the line's path where a handler has said it, else in the path itself.

mod deeds;

use percent_encoding::percent_decode_str;

use crate::accounts::model::Line;
use crate::platform::web::lang::Lang;

use deeds::{DEEDS, Deed};

/// Whether there are words for this deed.
#[must_use]
pub fn is_known(action: &str) -> bool {
    DEEDS.iter().any(|deed| deed.actions.contains(&action))
}

/// The line as a sentence; `None` where there are no words for it.
#[must_use]
pub fn sentence(line: &Line, lang: Lang) -> Option<String> {
    let Deed { done, wanted, zh, .. } = DEEDS.iter().find(|deed| deed.actions.contains(&line.action.as_str()))?;
    let (who, thing) = (who(line, lang), thing(line));
    Some(match (lang, line.is_refused) {
        (Lang::En, false) => format!("{who} {}", filled(done, &thing, lang)),
        (Lang::En, true) => format!("{who} was not allowed to {}", filled(wanted, &thing, lang)),
        (Lang::Zh, false) => format!("{who} {}", filled(zh, &thing, lang)),
        (Lang::Zh, true) => format!("{who} 被拒绝：{}", filled(zh, &thing, lang)),
    })
}

fn filled(deed: &str, thing: &str, lang: Lang) -> String {
    let thing = if thing.is_empty() || lang == Lang::En { thing.to_owned() } else { format!("“{thing}”") };
    deed.replace("{}", &thing).trim_end().to_owned()
}

fn who(line: &Line, lang: Lang) -> String {
    match (line.kind.as_str(), lang) {
        ("user", _) => line.who.clone(),
        ("token", Lang::En) => format!("the token {}", line.who),
        ("token", Lang::Zh) => format!("令牌“{}”", line.who),
        ("link", Lang::En) => format!("the upload link {}", line.who),
        ("link", Lang::Zh) => format!("上传链接“{}”", line.who),
        ("command", Lang::En) if line.who.is_empty() => "somebody on this machine".to_owned(),
        ("command", Lang::En) => format!("{} (command line)", line.who),
        ("command", Lang::Zh) if line.who.is_empty() => "本机用户".to_owned(),
        ("command", Lang::Zh) => format!("{}（命令行）", line.who),
        ("open", Lang::En) => "somebody".to_owned(),
        ("open", Lang::Zh) => "有人".to_owned(),
        (_, Lang::En) => "somebody unknown".to_owned(),
        (_, Lang::Zh) => "未知用户".to_owned(),
    }
}

/// The name of what the line is about: that which its handler said, else the first of the path.
fn thing(line: &Line) -> String {
    let Some((_, route)) = line.action.split_once(' ').filter(|(_, route)| route.starts_with('/')) else {
        // A command's path is the name itself.
        return line.path.clone();
    };
    if route.starts_with("/upload/") || route == "/tags/<tag>/upload" {
        return line.path.strip_prefix("/upload/").filter(|tag| !tag.starts_with('<')).unwrap_or_default().to_owned();
    }
    if let Some((_, name)) = line.path.split_once('#') {
        return name.to_owned();
    }
    let parts = route.split('/').zip(line.path.split('/'));
    let named = parts.into_iter().find(|(part, value)| part.starts_with('<') && !value.starts_with('<'));
    named.map(|(_, value)| percent_decode_str(value).decode_utf8_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::ids::Id;

    fn line(kind: &str, action: &str, path: &str, is_refused: bool) -> Line {
        Line {
            id: Id(1),
            at: 0,
            kind: kind.to_owned(),
            who: "ann".to_owned(),
            address: String::new(),
            action: action.to_owned(),
            path: path.to_owned(),
            status: 200,
            is_refused,
            times: 1,
        }
    }

    #[test]
    fn a_line_reads_as_a_sentence_with_the_things_name() {
        for (kind, action, path, is_refused, en, zh) in [
            (
                "user",
                "POST /account/tokens",
                "/account/tokens#the phones",
                false,
                "ann minted the token the phones",
                "ann 创建令牌“the phones”",
            ),
            (
                "user",
                "POST /tags/<tag>/trash",
                "/tags/%E5%9B%BE%20a/trash",
                false,
                "ann moved files of the tag 图 a to the trash",
                "ann 把标签“图 a”的文件移入回收站",
            ),
            (
                "token",
                "PUT /upload/<tag>/<name>",
                "/upload/a # b",
                false,
                "the token ann uploaded to the tag a # b",
                "令牌“ann” 上传到标签“a # b”",
            ),
            (
                "user",
                "POST /tasks/<id>/delete",
                "/tasks/<id>/delete",
                true,
                "ann was not allowed to delete the task",
                "ann 被拒绝：删除任务",
            ),
            (
                "command",
                "user add",
                "bob",
                false,
                "ann (command line) added the user bob",
                "ann（命令行） 添加用户“bob”",
            ),
            ("user", "POST /account/password", "/account/password", false, "ann changed the password", "ann 修改密码"),
        ] {
            let line = line(kind, action, path, is_refused);
            assert_eq!(sentence(&line, Lang::En).as_deref(), Some(en));
            assert_eq!(sentence(&line, Lang::Zh).as_deref(), Some(zh));
        }
        assert_eq!(sentence(&line("user", "POST /not/there", "/", false), Lang::En), None);
    }

    #[test]
    fn every_deed_stands_once() {
        let mut actions: Vec<&str> = DEEDS.iter().flat_map(|deed| deed.actions).copied().collect();
        let count = actions.len();
        actions.sort_unstable();
        actions.dedup();
        assert_eq!(actions.len(), count);
        assert!(is_known("POST /tasks") && !is_known("POST /not/there"));
    }
}
