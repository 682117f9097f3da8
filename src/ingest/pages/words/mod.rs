//! What this room's pages say, in each language.

mod counted;
mod en;
mod table;
mod zh;

pub use counted::*;
pub use table::Words;

use crate::platform::web::lang::Lang;

impl Words {
    /// The words of a language.
    #[must_use]
    pub fn of(lang: Lang) -> &'static Self {
        match lang {
            Lang::En => &en::EN,
            Lang::Zh => &zh::ZH,
        }
    }
}
