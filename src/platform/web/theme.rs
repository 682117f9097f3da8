//! Light, dark, or as the system has it: the cookie `theme`.
//!
//! The choice is in the HTML from the first byte, so nothing flashes and no inline script is needed.

use rocket::form::FromForm;
use rocket::http::CookieJar;
use rocket::request::Request;
use rocket::response::Redirect;

use crate::platform::web::form::Form;
use crate::platform::web::guards::Caller;
use crate::platform::web::lang::{preference, way_back};

/// The cookie that remembers the choice.
pub const COOKIE: &str = "theme";

/// Which colours a page has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the system has it.
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    /// Every choice, in the order of the switch.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    /// The word in the cookie, the form and `<html data-theme>`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Reads the cookie's word.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.code() == code)
    }

    /// What the switch gives next.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Auto => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::Auto,
        }
    }

    /// The theme of a request.
    #[must_use]
    pub fn of(request: &Request<'_>) -> Self {
        request.cookies().get(COOKIE).and_then(|cookie| Self::parse(cookie.value())).unwrap_or_default()
    }
}

/// The switch's form: what is chosen, and the page to come back to.
#[derive(FromForm)]
struct Choice<'r> {
    theme: &'r str,
    #[field(default = "/")]
    back: &'r str,
}

/// `POST /theme`: remembers the choice for a year and goes back.
#[rocket::post("/theme", data = "<form>")]
fn choose(_caller: Caller, form: Form<Choice<'_>>, jar: &CookieJar<'_>) -> Redirect {
    let Choice { theme, back } = form.into_inner();
    if let Some(theme) = Theme::parse(theme) {
        jar.add(preference(COOKIE, theme.code()));
    }
    Redirect::to(way_back(back))
}

/// The routes of this module.
#[must_use]
pub fn routes() -> Vec<rocket::Route> {
    rocket::routes![choose]
}

#[cfg(test)]
mod tests {
    use super::Theme;

    #[test]
    fn the_switch_goes_round_and_words_read_back() {
        for theme in Theme::ALL {
            assert_eq!(Theme::parse(theme.code()), Some(theme));
            assert_eq!(theme.next().next().next(), theme);
        }
        assert_eq!(Theme::parse("sepia"), None);
    }
}
