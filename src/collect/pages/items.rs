//! Files as thumbnails in rows, grouped by day.
//!
//! A row is laid out by the style sheet alone: each item carries a class that stands for its ratio,
//! because our pages allow no style attributes, and nothing moves when a picture arrives.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::collect::model::File;
use crate::platform::ids::Id;
use crate::platform::web::format::{day, long_day};
use crate::platform::web::lang::Lang;

/// The ratios that `static/css/ratios.css` knows, with their classes: the usual ones exactly, and
/// enough between them that a picture loses at most a few percent of its edge.
const RATIOS: [(f64, &str); 33] = [
    (0.40, "r40"),
    (0.45, "r45"),
    (0.50, "r50"),
    (0.5625, "r56"),
    (0.60, "r60"),
    (2.0 / 3.0, "r67"),
    (0.70, "r70"),
    (0.75, "r75"),
    (0.80, "r80"),
    (0.85, "r85"),
    (0.90, "r90"),
    (0.95, "r95"),
    (1.0, "r100"),
    (1.05, "r105"),
    (1.10, "r110"),
    (1.18, "r118"),
    (1.25, "r125"),
    (4.0 / 3.0, "r133"),
    (1.40, "r140"),
    (1.50, "r150"),
    (1.60, "r160"),
    (1.70, "r170"),
    (16.0 / 9.0, "r178"),
    (1.88, "r188"),
    (2.0, "r200"),
    (2.15, "r215"),
    (2.33, "r233"),
    (2.50, "r250"),
    (2.75, "r275"),
    (3.0, "r300"),
    (3.33, "r333"),
    (3.66, "r366"),
    (4.0, "r400"),
];

/// The class of what is no picture.
const SQUARE: &str = "r100";

/// The class whose ratio is nearest to that of a picture of `width` × `height` pixels.
#[must_use]
pub fn ratio_class(width: u32, height: u32) -> &'static str {
    if width == 0 || height == 0 {
        return SQUARE;
    }
    let ratio = f64::from(width) / f64::from(height);
    // Nearest by factor, not by difference: 1:2 and 2:1 are equally far from a square.
    let distance = |of: f64| (of / ratio).ln().abs();
    RATIOS.iter().min_by(|a, b| distance(a.0).total_cmp(&distance(b.0))).map_or(SQUARE, |(_, class)| class)
}

/// One thumbnail.
#[derive(Debug)]
pub struct Item {
    pub id: Id,
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
            name: file.name,
        }
    }
}

/// Groups `files`, which come in order, by the reader's day of `at`.
#[must_use]
pub fn by_day(files: Vec<File>, at: impl Fn(&File) -> i64, zone: &TimeZone, lang: Lang) -> Vec<Day> {
    let mut days: Vec<(Date, Day)> = Vec::new();
    for file in files {
        let date = day(at(&file), zone);
        let item = Item::of(file);
        match days.last_mut() {
            Some((last, group)) if *last == date => group.items.push(item),
            _ => days.push((
                date,
                Day { label: long_day(date, lang), iso: date.to_string(), note: String::new(), items: vec![item] },
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
    vec![Day { label: String::new(), iso: String::new(), note: String::new(), items }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_ratios_are_met_exactly() {
        for (width, height, class) in [
            (4000, 3000, "r133"),
            (3000, 4000, "r75"),
            (6000, 4000, "r150"),
            (1920, 1080, "r178"),
            (1080, 1920, "r56"),
            (512, 512, "r100"),
            (50_000, 10, "r400"),
            (1, 9_999, "r40"),
            (0, 5, "r100"),
        ] {
            assert_eq!(ratio_class(width, height), class, "{width}×{height}");
        }
    }

    #[test]
    fn the_style_sheet_knows_every_class_and_its_ratio() {
        let css = include_str!("../../../static/css/ratios.css");
        for (ratio, class) in RATIOS {
            let rule = css.lines().find(|line| line.contains(&format!(".{class} "))).unwrap_or_default();
            let value: f64 = rule.split("--r: ").nth(1).unwrap().split(';').next().unwrap().trim().parse().unwrap();
            assert!((value - ratio).abs() < 0.001, "{class}");
        }
    }

    #[test]
    fn between_the_classes_little_is_lost() {
        for pair in RATIOS.windows(2) {
            assert!(pair[1].0 / pair[0].0 < 1.13, "{} to {}", pair[0].1, pair[1].1);
        }
    }
}
