//! Which column of a client's CSV holds what.

/// Longest field of a first row that can be a header's.
pub const NAME: usize = 64;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Uri,
    Tag,
    Description,
    /// Something else; it is passed over.
    Other,
}

/// The columns of a CSV, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns(Vec<Column>);

impl Default for Columns {
    /// Without a header: the document's order.
    fn default() -> Self {
        Self(vec![Column::Uri, Column::Tag, Column::Description])
    }
}

impl Columns {
    /// The columns that a first row names; `None` when it is no header, but data. A header names `uri`, and none of
    /// its fields is an address.
    #[must_use]
    pub fn of_header(fields: &[Vec<u8>]) -> Option<Self> {
        let mut known = Vec::new();
        for field in fields {
            let name = String::from_utf8_lossy(field);
            // A mark may stand inside the quotes, and quotes behind a blank are none of CSV's.
            let name = name.trim_matches(|c: char| c.is_whitespace() || "\u{feff}\"".contains(c)).to_ascii_lowercase();
            if ["http:", "https:", "data:", "granary:"].iter().any(|scheme| name.starts_with(scheme)) {
                return None;
            }
            let column = match name.as_str() {
                "uri" => Column::Uri,
                "tag" => Column::Tag,
                "description" => Column::Description,
                _ => Column::Other,
            };
            // The first of a name counts.
            let is_new = !known.contains(&column);
            known.push(if is_new { column } else { Column::Other });
        }
        known.contains(&Column::Uri).then_some(Self(known))
    }

    /// What the column at this place holds.
    #[must_use]
    pub fn at(&self, place: usize) -> Column {
        self.0.get(place).copied().unwrap_or(Column::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(line: &str) -> Option<Vec<Column>> {
        let fields: Vec<_> = line.split(',').map(|field| field.as_bytes().to_vec()).collect();
        Columns::of_header(&fields).map(|columns| columns.0)
    }

    #[test]
    fn a_header_may_be_in_any_order() {
        use Column::{Description, Other, Tag, Uri};
        assert_eq!(columns("uri,tag,description"), Some(vec![Uri, Tag, Description]));
        assert_eq!(columns(" Description ,no,URI,uri"), Some(vec![Description, Other, Uri, Other]));
        assert_eq!(columns("uri"), Some(vec![Uri]));
        assert_eq!(columns("\u{feff} \"URI\" , \"tag\",\u{feff}description"), Some(vec![Uri, Tag, Description]));
        for data in ["tag,description", "http://h/1,uri,x", "data:image/png;base64,uri", "granary:tag/a/b,uri", "a,b"] {
            assert_eq!(columns(data), None, "{data}");
        }
    }
}
