//! Quotas: how many bytes a tag, and all tags together, may hold.
//!
//! What counts are the living files, each with its size, also where several share their bytes on disk: the figure
//! that pages and API show as `bytes`. What always holds: only growth is refused, so whoever is over a quota that
//! was lowered can still delete, retry, and replace by something smaller.

use crate::platform::error::{Error, OverQuota, Result};

/// Largest quota in bytes, and the largest number that JSON keeps everywhere.
pub const MAX_QUOTA: i64 = (1 << 53) - 1;

/// Most days that files may be kept: a century.
pub const MAX_KEEP_DAYS: i64 = 36_500;

/// What an owner has set for a tag.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settings {
    /// Bytes; `None`: no bound.
    pub quota: Option<i64>,
    /// Days after which files go to the trash; `None`: never.
    pub keep_days: Option<i64>,
}

/// A change of [`Settings`]: what is `None` stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NewSettings {
    pub quota: Option<Option<i64>>,
    pub keep_days: Option<Option<i64>>,
}

impl NewSettings {
    /// What holds after the change.
    ///
    /// # Errors
    /// `Invalid` for a number that is out of range.
    pub fn over(self, old: Settings) -> Result<Settings> {
        let (quota, keep_days) = (self.quota.unwrap_or(old.quota), self.keep_days.unwrap_or(old.keep_days));
        if quota.is_some_and(|bytes| !(0..=MAX_QUOTA).contains(&bytes)) {
            return Err(Error::invalid("quota", QUOTA_RULE));
        }
        if keep_days.is_some_and(|days| !(1..=MAX_KEEP_DAYS).contains(&days)) {
            return Err(Error::invalid("keep_days", KEEP_RULE));
        }
        Ok(Settings { quota, keep_days })
    }
}

/// What a quota must be.
pub const QUOTA_RULE: (&str, &str) = (
    "must be null or a whole number of bytes from 0 to 9007199254740991",
    "必须是 null 或 0 到 9007199254740991 的整数（字节）",
);

/// What a number of days must be.
pub const KEEP_RULE: (&str, &str) =
    ("must be null or a whole number of days from 1 to 36500", "必须是 null 或 1 到 36500 的整数（天）");

/// How much of a quota is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// Bytes.
    pub used: i64,
    /// `None`: no bound.
    pub allowed: Option<i64>,
}

impl Use {
    /// Whether `growth` bytes more have room; none and fewer always have. `tag` is whose quota it is; `None`:
    /// that of all tags.
    ///
    /// # Errors
    /// `OverQuota` with the figures.
    pub fn admit(self, growth: i64, tag: Option<&str>) -> Result<()> {
        match self.allowed {
            Some(allowed) if growth > 0 && self.used.saturating_add(growth) > allowed => {
                let over = OverQuota { tag: tag.map(str::to_owned), used: self.used, wanted: growth, allowed };
                Err(Error::OverQuota(Box::new(over)))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_to_the_byte_is_let_in() {
        let held = Use { used: 90, allowed: Some(100) };
        assert!(held.admit(10, None).is_ok());
        let Err(Error::OverQuota(over)) = held.admit(11, Some("t")) else { panic!("one byte too many") };
        assert_eq!((over.used, over.wanted, over.allowed, over.tag.as_deref()), (90, 11, 100, Some("t")));
        assert!(Use { used: i64::MAX, allowed: None }.admit(i64::MAX, None).is_ok());
    }

    #[test]
    fn whoever_is_over_it_already_may_do_what_does_not_grow() {
        let over = Use { used: 200, allowed: Some(100) };
        assert!(over.admit(0, None).is_ok() && over.admit(-50, None).is_ok());
        assert!(over.admit(1, None).is_err());
    }

    #[test]
    fn settings_change_one_by_one() {
        let old = Settings { quota: Some(5), keep_days: Some(7) };
        let change = NewSettings { quota: Some(None), keep_days: None };
        assert_eq!(change.over(old).unwrap(), Settings { quota: None, keep_days: Some(7) });
        for wrong in [-1, MAX_QUOTA + 1] {
            assert!(NewSettings { quota: Some(Some(wrong)), keep_days: None }.over(old).is_err());
        }
        for wrong in [0, -1, MAX_KEEP_DAYS + 1] {
            assert!(NewSettings { quota: None, keep_days: Some(Some(wrong)) }.over(old).is_err());
        }
    }
}
