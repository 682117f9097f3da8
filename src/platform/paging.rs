//! Lists are told a page at a time: how long a page may be, and whether another one follows.
//!
//! What always holds: a store is asked for one item more than the page has, which tells whether there is more.

use crate::platform::error::{Error, Result};

/// Largest page of a list.
pub const MAX_LIMIT: u32 = 1000;

/// What a limit must be, said to whoever sent something else.
pub const ALLOWED: (&str, &str) = ("must be a whole number from 1 to 1000", "必须是 1 到 1000 的整数");

/// Checks how many items a page is to have.
///
/// # Errors
/// `Invalid` for 0, and above [`MAX_LIMIT`].
pub fn check_limit(limit: u32) -> Result<()> {
    if (1..=MAX_LIMIT).contains(&limit) { Ok(()) } else { Err(Error::invalid("limit", ALLOWED)) }
}

/// Cuts a list that was asked for one item too many; whether there was one.
pub fn cut<T>(items: &mut Vec<T>, limit: u32) -> bool {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_more = items.len() > limit;
    items.truncate(limit);
    is_more
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_one_to_a_thousand_items() {
        for (limit, fits) in [(0, false), (1, true), (MAX_LIMIT, true), (MAX_LIMIT + 1, false), (u32::MAX, false)] {
            assert_eq!(check_limit(limit).is_ok(), fits, "{limit}");
        }
    }

    #[test]
    fn one_item_too_many_tells_that_there_is_more() {
        let mut items = vec![1, 2, 3];
        assert!(!cut(&mut items, 3));
        assert!(cut(&mut items, 2));
        assert_eq!(items, [1, 2]);
    }
}
