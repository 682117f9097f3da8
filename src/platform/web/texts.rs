//! What the house itself says: rail, header, notices, errors. A room brings its own words.
//!
//! One struct, one value a language: a missing text doesn't compile.

use crate::platform::web::lang::Lang;
use crate::platform::web::theme::Theme;

/// The words of the layout and of error pages in one language.
#[derive(Debug)]
pub struct Texts {
    pub skip: &'static str,
    pub rail: &'static str,
    pub crumbs: &'static str,
    pub tags: &'static str,
    pub tasks: &'static str,
    pub ingest: &'static str,
    pub faces: &'static str,
    pub trash: &'static str,
    pub about: &'static str,
    pub account: &'static str,
    pub switch_language: &'static str,
    pub theme_auto: &'static str,
    pub theme_light: &'static str,
    pub theme_dark: &'static str,
    pub theme: &'static str,
    pub undo: &'static str,
    pub close: &'static str,
    pub notice: &'static str,
    /// The names of the parameters follow.
    pub unknown: &'static str,
    pub tagline: &'static str,
    pub near_only: &'static str,
    pub read_only: &'static str,
    pub error_home: &'static str,
    pub error_back: &'static str,
    pub error_status: &'static str,
    pub bad_request: ErrorTexts,
    pub forbidden: ErrorTexts,
    pub not_found: ErrorTexts,
    pub method: ErrorTexts,
    pub conflict: ErrorTexts,
    pub gone: ErrorTexts,
    pub too_large: ErrorTexts,
    pub unprocessable: ErrorTexts,
    pub busy: ErrorTexts,
    pub full: ErrorTexts,
    pub internal: ErrorTexts,
}

/// What an error page says: what happened, and what to do about it.
#[derive(Debug)]
pub struct ErrorTexts {
    pub title: &'static str,
    pub hint: &'static str,
}

const fn error(title: &'static str, hint: &'static str) -> ErrorTexts {
    ErrorTexts { title, hint }
}

impl Texts {
    /// The texts of a language.
    #[must_use]
    pub fn of(lang: Lang) -> &'static Self {
        match lang {
            Lang::En => &EN,
            Lang::Zh => &ZH,
        }
    }

    /// The name of a theme.
    #[must_use]
    pub fn theme_name(&self, theme: Theme) -> &'static str {
        match theme {
            Theme::Auto => self.theme_auto,
            Theme::Light => self.theme_light,
            Theme::Dark => self.theme_dark,
        }
    }

    /// The texts of an HTTP status.
    #[must_use]
    pub fn error(&self, status: u16) -> &ErrorTexts {
        match status {
            401 | 403 => &self.forbidden,
            404 => &self.not_found,
            405 => &self.method,
            409 | 412 => &self.conflict,
            410 => &self.gone,
            413 => &self.too_large,
            422 => &self.unprocessable,
            429 | 503 => &self.busy,
            507 => &self.full,
            400..500 => &self.bad_request,
            _ => &self.internal,
        }
    }
}

static EN: Texts = Texts {
    skip: "Skip to the content",
    rail: "Main",
    crumbs: "Where you are",
    tags: "Tags",
    tasks: "Tasks",
    ingest: "Ingest",
    faces: "Faces",
    trash: "Trash",
    about: "About",
    account: "Account",
    switch_language: "Language",
    theme_auto: "As the system",
    theme_light: "Light",
    theme_dark: "Dark",
    theme: "Colours",
    undo: "Undo",
    close: "Close",
    notice: "Notice",
    unknown: "The address asks for something that this page doesn’t know. It was passed over:",
    tagline: "a place for pictures to gather",
    near_only: "A phone can’t reach this address: it leads to this machine alone. Set address = \"0.0.0.0\" in \
                Rocket.toml (or ROCKET_ADDRESS=0.0.0.0), add an account with granary user add NAME, and open this page \
                under the machine’s own name or IP address; then the code works.",
    read_only: "You may look and download here, but not change anything: that needs the role write.",
    error_home: "All tags",
    error_back: "Go back",
    error_status: "Error",
    bad_request: error(
        "That request doesn’t make sense",
        "Something in the address or the form can’t be read. Go back and try again.",
    ),
    forbidden: error("You may not do this", "Nothing was changed."),
    not_found: error("There is nothing here", "It may have been removed for good, or the address has a slip in it."),
    method: error("That can’t be done here", "This address answers another kind of request."),
    conflict: error(
        "Something stands in the way",
        "The state of things has changed in the meantime. Look again, then decide.",
    ),
    gone: error("It lies in the trash", "Restore it from the trash to have it back."),
    too_large: error("That is too large", "It is larger than this server takes in one request."),
    unprocessable: error("That goes against a rule", "The request can be read, but not followed."),
    busy: error("Too much at once", "The server is busy. The same request may pass in a moment."),
    full: error("There is no room left", "Nothing more can be stored until there is room. Reading goes on as ever."),
    internal: error(
        "Something broke on our side",
        "It has been written to the log. What you sent has changed nothing.",
    ),
};

static ZH: Texts = Texts {
    skip: "跳到正文",
    rail: "主导航",
    crumbs: "当前位置",
    tags: "标签",
    tasks: "任务",
    ingest: "入库",
    faces: "人脸库",
    trash: "回收站",
    about: "关于",
    account: "账号",
    switch_language: "语言",
    theme_auto: "跟随系统",
    theme_light: "浅色",
    theme_dark: "深色",
    theme: "配色",
    undo: "撤销",
    close: "关闭",
    notice: "通知",
    unknown: "地址中有此页面不认识的参数，已忽略：",
    tagline: "收图入仓",
    near_only: "手机打不开这个地址：它只指向本机。请在 Rocket.toml 中设置 address = \"0.0.0.0\"\
                （或 ROCKET_ADDRESS=0.0.0.0），用 granary user add 名称 创建账号，再用本机的主机名或 IP 地址打开此页，\
                二维码即可使用。",
    read_only: "你可以查看和下载，但不能更改：更改需要 write（读写）角色。",
    error_home: "全部标签",
    error_back: "返回",
    error_status: "错误",
    bad_request: error("无法理解这个请求", "地址或表单里有读不懂的内容，请返回重试。"),
    forbidden: error("没有权限", "没有更改任何内容。"),
    not_found: error("这里什么都没有", "它可能已被彻底删除，或者地址有误。"),
    method: error("此处不支持这种操作", "这个地址只接受另一种请求。"),
    conflict: error("有冲突，未能完成", "情况在此期间发生了变化，请查看后再决定。"),
    gone: error("它在回收站里", "从回收站恢复后即可查看。"),
    too_large: error("内容太大", "超过了本服务器单次请求的上限。"),
    unprocessable: error("不符合规则", "请求可以读懂，但无法执行。"),
    busy: error("服务器正忙", "请稍候再试，同样的请求可能很快就能成功。"),
    full: error("空间不足", "腾出空间之前无法再存入，浏览和下载不受影响。"),
    internal: error("服务器内部出错", "已记入日志，你的请求没有改动任何数据。"),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_its_words_in_every_language() {
        for lang in [Lang::En, Lang::Zh] {
            for status in [400, 401, 403, 404, 405, 409, 410, 412, 413, 415, 417, 422, 429, 500, 503, 507] {
                let texts = Texts::of(lang).error(status);
                assert!(!texts.title.is_empty() && !texts.hint.is_empty());
            }
        }
    }
}
