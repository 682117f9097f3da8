//! Steps that several journeys share.

use crate::browser::Browser;
use crate::support::upload::word;
use crate::support::{pictures, wait};

/// Special keys as WebDriver writes them.
pub mod key {
    pub const TAB: &str = "\u{e004}";
    pub const ENTER: &str = "\u{e007}";
    pub const ESCAPE: &str = "\u{e00c}";
    pub const LEFT: &str = "\u{e012}";
    pub const RIGHT: &str = "\u{e014}";
}

/// The pictures in the grid: each is a link to its page around its thumbnail.
pub const GRID: &str = "main a[href^='/files/'] img";

/// Ticks of the selection.
pub const TICKS: &str = "main input[type=checkbox][name=ids]";

impl Browser {
    /// Puts so many pictures into a tag; their ids by upload order.
    pub fn fill(&self, tag: &str, count: u8) -> Vec<String> {
        let store = |number: u8| {
            let (width, height) = (300 + u32::from(number) * 10, 200);
            let name = format!("picture {number}.jpg");
            word(&self.server.store(tag, &name, &pictures::jpeg(width, height, number))["id"])
        };
        (0..count).map(store).collect()
    }

    /// How many pictures the grid shows whole: loaded, and not broken.
    pub fn loaded_pictures(&self) -> u64 {
        let script = format!(
            "const all = [...document.querySelectorAll({GRID:?})];
             all.forEach(img => img.scrollIntoView());
             return all.filter(img => img.complete && img.naturalWidth > 0).length;"
        );
        self.run(&script).as_u64().expect("a count")
    }

    #[track_caller]
    pub fn wait_for_pictures(&self, count: u64) {
        wait::until_true(&format!("{count} pictures on {}", self.path()), || self.loaded_pictures() == count);
    }

    #[track_caller]
    pub fn wait_for_path(&self, wanted: &str) {
        let what = format!("the page {wanted} after {}", self.path());
        wait::until_true(&what, || self.path().split('?').next() == Some(wanted));
    }

    /// Whether the page can be scrolled sideways.
    pub fn overflows(&self) -> bool {
        let script = "const e = document.scrollingElement; return e.scrollWidth > e.clientWidth;";
        self.run(script) == true
    }
}
