//! Files as thumbnails in rows, grouped by day.
//!
//! A row is laid out by the style sheet alone: each item carries a class that stands for its ratio,
//! because our pages allow no style attributes, and nothing moves when a picture arrives.

use jiff::civil::Date;

use crate::collect::model::File;
use crate::platform::ids::Id;
use crate::platform::web::format::{day, long_day};
use crate::platform::web::lang::Lang;
use crate::platform::web::ratios::ratio_class;
use crate::platform::web::times::Zone;

/// One thumbnail.
#[derive(Debug)]
pub struct Item {
    pub id: Id,
    pub tag: String,
    pub name: String,
    pub ratio: &'static str,
    pub width: u32,
    pub height: u32,
    pub size: i64,
    /// A picture; else an icon stands there and the name is always shown.
    pub picture: bool,
}

/// The items of one day under their heading.
#[derive(Debug)]
pub struct Day {
    /// Empty where a list isn't ordered by time.
    pub label: String,
    pub iso: String,
    /// The zone of the day, where that isn't known to be the reader's.
    pub zone: String,
    pub note: String,
    pub items: Vec<Item>,
}

impl Item {
    fn of(file: File) -> Self {
        let picture = file.is_picture();
        let (width, height) = (file.width.unwrap_or(240), file.height.unwrap_or(240));
        Self {
            id: file.id,
            ratio: ratio_class(width, height),
            width,
            height,
            size: file.size,
            picture,
            tag: file.tag,
            name: file.name,
        }
    }
}

/// Groups `files`, which come in order, by the reader's day of `at`.
#[must_use]
pub fn by_day(files: Vec<File>, at: impl Fn(&File) -> i64, zone: &Zone, lang: Lang) -> Vec<Day> {
    let mut days: Vec<(Date, Day)> = Vec::new();
    for file in files {
        let (ms, date) = (at(&file), day(at(&file), zone));
        let item = Item::of(file);
        match days.last_mut() {
            Some((last, group)) if *last == date => group.items.push(item),
            _ => days.push((
                date,
                Day {
                    label: long_day(date, lang),
                    iso: date.to_string(),
                    zone: zone.of_day(ms),
                    note: String::new(),
                    items: vec![item],
                },
            )),
        }
    }
    days.into_iter().map(|(_, group)| group).collect()
}

/// All files in one group without a heading; none for none.
#[must_use]
pub fn in_one(files: Vec<File>) -> Vec<Day> {
    if files.is_empty() {
        return Vec::new();
    }
    let items = files.into_iter().map(Item::of).collect();
    vec![Day { label: String::new(), iso: String::new(), zone: String::new(), note: String::new(), items }]
}
