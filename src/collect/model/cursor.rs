//! Cursors: where a list goes on. Opaque to clients; the key of the last item they have seen.

use crate::platform::error::{Error, Result};

/// The key of the last item: a number or text to sort by, and an id or sequence number that tells
/// equals apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cursor {
    Number { key: i64, tie: i64 },
    Text(String),
}

impl Cursor {
    /// As it stands in a URL: letters, digits and `-`.
    #[must_use]
    pub fn encode(&self) -> String {
        match self {
            Self::Number { key, tie } => format!("n{key}-{tie}"),
            Self::Text(text) => text.bytes().fold(String::from("t"), |hex, byte| format!("{hex}{byte:02x}")),
        }
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// `Invalid` when it wasn't given out by this server.
    pub fn decode(text: &str) -> Result<Self> {
        Self::read(text)
            .ok_or_else(|| Error::invalid("cursor", ("is not one that this server gave out", "不是本服务器给出的游标")))
    }

    /// As it stands in a URL of the list with this letter: the lists of a room can't be confused.
    #[must_use]
    pub fn encode_in(&self, list: char) -> String {
        format!("{list}{}", self.encode())
    }

    /// Reads what [`Self::encode_in`] wrote for this list.
    ///
    /// # Errors
    /// `Invalid` when it belongs to another list, or wasn't given out by this server.
    pub fn decode_in(text: &str, list: char) -> Result<Self> {
        let rest = text.strip_prefix(list).ok_or_else(|| {
            Error::invalid("cursor", ("belongs to a list in another order", "该游标属于另一种排序的列表"))
        })?;
        Self::decode(rest)
    }

    /// The number after which a list that is told by one number goes on; `None` at its beginning.
    ///
    /// # Errors
    /// `Invalid` when the cursor wasn't given out by this server, or belongs to another list.
    pub fn key(text: Option<&str>) -> Result<Option<i64>> {
        match text.map(Self::decode).transpose()? {
            None => Ok(None),
            Some(Self::Number { key, tie: 0 }) => Ok(Some(key)),
            Some(_) => Err(Error::invalid("cursor", ("belongs to another list", "该游标属于另一个列表"))),
        }
    }

    fn read(text: &str) -> Option<Self> {
        if let Some(numbers) = text.strip_prefix('n') {
            let (key, tie) = numbers.split_once('-')?;
            return Some(Self::Number { key: digits(key)?, tie: digits(tie)? });
        }
        let hex = text.strip_prefix('t').filter(|hex| hex.is_ascii() && hex.len() % 2 == 0)?;
        let pairs = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok());
        String::from_utf8(pairs.collect::<Option<Vec<u8>>>()?).ok().map(Self::Text)
    }
}

fn digits(text: &str) -> Option<i64> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_come_back_as_they_were() {
        for cursor in
            [Cursor::Number { key: 7, tie: i64::MAX }, Cursor::Text("图 a.jpg".into()), Cursor::Text(String::new())]
        {
            assert_eq!(Cursor::decode(&cursor.encode()).unwrap(), cursor);
        }
    }

    #[test]
    fn a_cursor_belongs_to_its_list() {
        let cursor = Cursor::Number { key: 5, tie: 6 };
        assert_eq!(Cursor::decode_in(&cursor.encode_in('s'), 's').unwrap(), cursor);
        for bad in [cursor.encode_in('n'), cursor.encode(), String::new(), "s".into(), "图".into()] {
            assert!(Cursor::decode_in(&bad, 's').is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_list_by_one_number_takes_no_other_cursor() {
        let text = |cursor: Cursor| cursor.encode();
        assert_eq!(Cursor::key(None).unwrap(), None);
        assert_eq!(Cursor::key(Some(&text(Cursor::Number { key: 5, tie: 0 }))).unwrap(), Some(5));
        for bad in [text(Cursor::Number { key: 5, tie: 6 }), text(Cursor::Text("a".into())), "x".into()] {
            assert!(Cursor::key(Some(&bad)).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn garbage_is_refused() {
        for bad in ["", "n", "n1", "n1-", "n+1-2", "n1--2", "t0", "tzz", "tff", "t图图", "x", "n99999999999999999999-1"]
        {
            assert!(Cursor::decode(bad).is_err(), "{bad:?}");
        }
    }
}
