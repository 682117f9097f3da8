//! What this room's pages say, in each language. One struct: a language that lacks a text doesn't compile.

use crate::platform::web::guards::Role;
use crate::platform::web::lang::Lang;

/// Every fixed text of this room's pages in one language.
#[derive(Debug)]
pub struct Words {
    pub account: &'static str,
    pub action: &'static str,
    pub add_user_hint: &'static str,
    pub address: &'static str,
    pub audit: &'static str,
    pub audit_all: &'static str,
    pub audit_no_match: &'static str,
    pub audit_none: &'static str,
    pub audit_refused: &'static str,
    pub change_password: &'static str,
    pub clear_filter: &'static str,
    pub copied: &'static str,
    pub copy: &'static str,
    pub days: &'static str,
    pub days_1: &'static str,
    pub days_30: &'static str,
    pub days_365: &'static str,
    pub days_7: &'static str,
    pub days_never: &'static str,
    pub done: &'static str,
    pub end_session: &'static str,
    pub expired: &'static str,
    pub kind_command: &'static str,
    pub kind_link: &'static str,
    pub kind_nobody: &'static str,
    pub kind_open: &'static str,
    pub kind_token: &'static str,
    pub kind_user: &'static str,
    pub link_address: &'static str,
    pub link_code: &'static str,
    pub link_hint: &'static str,
    pub link_title: &'static str,
    pub may_admin: &'static str,
    pub may_read: &'static str,
    pub may_upload: &'static str,
    pub may_write: &'static str,
    pub more: &'static str,
    pub name: &'static str,
    pub name_rule: &'static str,
    pub days_rule: &'static str,
    pub scope_rule: &'static str,
    pub tag_rule: &'static str,
    pub new_password: &'static str,
    pub no_tokens: &'static str,
    pub of_link: &'static str,
    pub old_password: &'static str,
    pub open_hint: &'static str,
    pub open_title: &'static str,
    pub password: &'static str,
    pub qr_alt: &'static str,
    pub revoke: &'static str,
    pub revoked: &'static str,
    pub scope: &'static str,
    pub search_audit: &'static str,
    pub sessions: &'static str,
    pub short_password: &'static str,
    pub sign_in: &'static str,
    pub sign_out: &'static str,
    pub status: &'static str,
    pub tag: &'static str,
    pub this_session: &'static str,
    pub token_for: &'static str,
    pub token_made: &'static str,
    pub token_make: &'static str,
    pub token_once: &'static str,
    pub tokens: &'static str,
    pub try_it: &'static str,
    pub when: &'static str,
    pub who: &'static str,
    pub wrong_old: &'static str,
}

impl Words {
    /// The words of a language.
    #[must_use]
    pub fn of(lang: Lang) -> &'static Self {
        match lang {
            Lang::En => &EN,
            Lang::Zh => &ZH,
        }
    }
}

static EN: Words = Words {
    account: "Account",
    action: "What",
    add_user_hint: "Add the first account on this machine. From then on everybody has to sign in, or to send a token.",
    address: "From",
    audit: "Audit log",
    audit_all: "Everything",
    audit_no_match: "Nothing found",
    audit_none: "Nothing has been written down yet",
    audit_refused: "Refused only",
    change_password: "Change password",
    clear_filter: "Show all",
    copied: "Copied",
    copy: "Copy",
    days: "Ends",
    days_1: "After 1 day",
    days_30: "After 30 days",
    days_365: "After a year",
    days_7: "After 7 days",
    days_never: "Never",
    done: "Done",
    end_session: "End",
    expired: "expired",
    kind_command: "command line",
    kind_link: "upload link",
    kind_nobody: "nobody known",
    kind_open: "anybody (open)",
    kind_token: "token",
    kind_user: "user",
    link_address: "Address",
    link_code: "Code, where the address is typed by hand",
    link_hint: "Scan it with a phone, or pass the address on. Whoever has it can upload to this tag until it ends; it reads nothing.",
    link_title: "Upload link",
    may_admin: "Everything, accounts included",
    may_read: "Read",
    may_upload: "Upload to one tag",
    may_write: "Read and write",
    more: "Show more",
    name: "Name",
    name_rule: "1 to 255 bytes, without “/”, “\\” and control characters.",
    days_rule: "1 to 3650 days, or never.",
    scope_rule: "Choose one of the list.",
    tag_rule: "Name a tag: up to 255 bytes, without “/” and “\\”; a * at the end means all that begin so.",
    new_password: "New password (10 characters at least)",
    no_tokens: "No token yet. Scripts and devices come in with one.",
    of_link: "upload link",
    old_password: "Present password",
    open_hint: "There are no accounts yet: everybody who reaches this server may do everything.",
    open_title: "The doors are open",
    password: "Password",
    qr_alt: "QR code of the upload link",
    revoke: "Revoke",
    revoked: "revoked",
    scope: "What it may do",
    search_audit: "Search names, addresses, actions",
    sessions: "Where you are signed in",
    short_password: "The new password needs 10 characters at least.",
    sign_in: "Sign in",
    sign_out: "Sign out",
    status: "Status",
    tag: "Tag (a * at the end: every tag that begins so)",
    this_session: "this one",
    token_for: "What it is for",
    token_made: "A new token",
    token_make: "Make a token",
    token_once: "Copy it now: it is shown this once.",
    tokens: "Tokens",
    try_it: "Try it, with the token in TOKEN:",
    when: "When",
    who: "Who",
    wrong_old: "That isn’t your present password.",
};

static ZH: Words = Words {
    account: "账号",
    action: "操作",
    add_user_hint: "在本机创建第一个账号。此后所有人都必须登录或使用令牌。",
    address: "来源",
    audit: "审计日志",
    audit_all: "全部",
    audit_no_match: "没有找到",
    audit_none: "尚无记录",
    audit_refused: "仅被拒绝的",
    change_password: "修改密码",
    clear_filter: "显示全部",
    copied: "已复制",
    copy: "复制",
    days: "有效期",
    days_1: "1 天",
    days_30: "30 天",
    days_365: "1 年",
    days_7: "7 天",
    days_never: "永不过期",
    done: "完成",
    end_session: "结束",
    expired: "已过期",
    kind_command: "命令行",
    kind_link: "上传链接",
    kind_nobody: "未知",
    kind_open: "任何人（开放）",
    kind_token: "令牌",
    kind_user: "用户",
    link_address: "地址",
    link_code: "手动输入地址时使用的验证码",
    link_hint: "用手机扫码，或把地址发给他人。持有者在到期前可上传到此标签，但不能读取任何内容。",
    link_title: "上传链接",
    may_admin: "全部，包括账号",
    may_read: "读取",
    may_upload: "上传到一个标签",
    may_write: "读取和写入",
    more: "显示更多",
    name: "用户名",
    name_rule: "1 到 255 字节，不能含“/”“\\”和控制字符。",
    days_rule: "1 到 3650 天，或永不过期。",
    scope_rule: "请从列表中选择。",
    tag_rule: "请填写标签：最多 255 字节，不能含“/”和“\\”；以 * 结尾表示所有以此开头的标签。",
    new_password: "新密码（至少 10 个字符）",
    no_tokens: "还没有令牌。脚本和设备凭令牌访问。",
    of_link: "上传链接",
    old_password: "当前密码",
    open_hint: "尚未创建账号：任何能访问此服务器的人都可以执行所有操作。",
    open_title: "大门敞开",
    password: "密码",
    qr_alt: "上传链接的二维码",
    revoke: "吊销",
    revoked: "已吊销",
    scope: "权限",
    search_audit: "搜索用户、地址、操作",
    sessions: "已登录的设备",
    short_password: "新密码至少需要 10 个字符。",
    sign_in: "登录",
    sign_out: "退出登录",
    status: "状态",
    tag: "标签（以 * 结尾表示所有以此开头的标签）",
    this_session: "当前会话",
    token_for: "用途",
    token_made: "新令牌",
    token_make: "创建令牌",
    token_once: "请立即复制：令牌只显示这一次。",
    tokens: "令牌",
    try_it: "试一试（先把令牌存入 TOKEN）：",
    when: "时间",
    who: "用户",
    wrong_old: "当前密码不正确。",
};

/// What a role may do, behind a name.
#[must_use]
pub fn role(role: Role, lang: Lang) -> &'static str {
    match (role, lang) {
        (Role::Read, Lang::En) => "may read",
        (Role::Read, Lang::Zh) => "可读取",
        (Role::Write, Lang::En) => "may read and write",
        (Role::Write, Lang::Zh) => "可读取和写入",
        (Role::Admin, Lang::En) => "may do everything",
        (Role::Admin, Lang::Zh) => "可执行所有操作",
    }
}

/// How somebody showed who they were, in the log.
#[must_use]
pub fn kind(word: &str, w: &'static Words) -> &'static str {
    match word {
        "user" => w.kind_user,
        "token" => w.kind_token,
        "link" => w.kind_link,
        "open" => w.kind_open,
        "command" => w.kind_command,
        _ => w.kind_nobody,
    }
}

/// The line under a session.
#[must_use]
pub fn session(begun: &str, used: &str, address: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!("{address} · since {begun} · last used {used}"),
        Lang::Zh => format!("{address} · 登录于 {begun} · 最近使用 {used}"),
    }
}

/// The line under a token.
#[must_use]
pub fn token(owner: Option<&str>, made: &str, ends: Option<&str>, used: Option<&str>, lang: Lang) -> String {
    let owner = owner.map(|owner| format!("{owner} · ")).unwrap_or_default();
    let (made, ends, used) = match lang {
        Lang::En => (
            format!("made {made}"),
            ends.map_or_else(|| "never ends".to_owned(), |at| format!("ends {at}")),
            used.map_or_else(|| "never used".to_owned(), |at| format!("last used {at}")),
        ),
        Lang::Zh => (
            format!("创建于 {made}"),
            ends.map_or_else(|| "永不过期".to_owned(), |at| format!("有效期至 {at}")),
            used.map_or_else(|| "从未使用".to_owned(), |at| format!("最近使用 {at}")),
        ),
    };
    format!("{owner}{made} · {ends} · {used}")
}

/// Until when a link works.
#[must_use]
pub fn until(end: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!("It works until {end}."),
        Lang::Zh => format!("有效期至 {end}。"),
    }
}
