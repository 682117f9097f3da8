//! The words of splitting, as one struct: a language that lacks one doesn't compile.

/// Every fixed text of this room's pages in one language.
#[derive(Debug)]
pub struct Words {
    pub back: &'static str,
    pub by: &'static str,
    pub counts: &'static str,
    pub counts_hint: &'static str,
    pub empty: &'static str,
    pub empty_hint: &'static str,
    pub group: &'static str,
    pub group_hint: &'static str,
    pub lock: &'static str,
    pub lock_hint: &'static str,
    pub number_rule: &'static str,
    pub only: &'static str,
    pub seed: &'static str,
    pub seed_hint: &'static str,
    pub seed_rule: &'static str,
    pub slider_first: &'static str,
    pub slider_second: &'static str,
    pub split: &'static str,
    pub stratify: &'static str,
    pub stratify_hint: &'static str,
    pub testing: &'static str,
    pub title: &'static str,
    pub training: &'static str,
    pub unheld: &'static str,
    pub use_nearest: &'static str,
    pub verifying: &'static str,
    pub working: &'static str,
}
