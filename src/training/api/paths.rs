//! Ids in paths: digits, bare or in double quotes.

use crate::platform::error::Error;
use crate::platform::ids::Id;

/// Reads an id that stands in a path.
pub fn id(field: &'static str, text: &str) -> Result<Id, Error> {
    Id::parse(text).ok_or_else(|| {
        let message = (
            "must be a positive whole number of at most 64 bits, in digits",
            "必须是不超过 64 位的正整数（十进制数字）",
        );
        Error::invalid(field, message)
    })
}
