//! The images of a task as a split sees them.

use super::{Source, small};
use crate::platform::db::{Db, Sql};
use crate::platform::error::{Error, Result};
use crate::platform::ids::Id;

/// Living images by their places in the order of `order_id`: one column each, to be small.
#[derive(Debug, Default)]
pub struct Images {
    pub order_ids: Vec<i64>,
    pub ids: Vec<i64>,
    /// The number of the set each stands in.
    pub sets: Vec<u8>,
    /// Whether a split has placed it there.
    pub placed: Vec<bool>,
    /// The class of its largest box; read only where asked for.
    pub classes: Vec<Option<i64>>,
}

/// Places that are read at a time; some 40 bytes of text each.
const STEP: i64 = 4096;

/// All living images of a task whose places end at `last_order_id`; with their classes where `with_classes`.
///
/// The database writes the numbers of a step into one text: a million rows of their own take several times as long.
pub async fn all(source: &mut Source<'_>, task: Id, last_order_id: i64, with_classes: bool) -> Result<Images> {
    // Classes are numbered from 1.
    let class = if with_classes { "COALESCE(top_class, 0)" } else { "0" };
    let text = format!(
        "SELECT COUNT(*), GROUP_CONCAT(order_id || ',' || img_id || ',' || (set_id * 2 + is_placed) || ',' || {class}) \
         FROM task_images WHERE task_id = ? AND order_id > ? AND order_id <= ? AND is_del = 0"
    );
    let mut images = Images::default();
    let mut after = 0;
    while after < last_order_id {
        let end = after.saturating_add(STEP).min(last_order_id);
        let rows = source.fetch_all(Sql::new(text.clone()).bind(task).bind(after).bind(end)).await?;
        for row in &rows {
            let numbers = row.opt_text(1)?.unwrap_or_default();
            let read = images.append(&numbers, with_classes);
            if read != Some(row.int(0)?) {
                return Err(Error::internal("the database cut the places of a task off, or mixed them up"));
            }
        }
        after = end;
    }
    Ok(images)
}

impl Images {
    /// Adds four numbers for each image; how many images they were. `None` where they aren't in order or no numbers.
    fn append(&mut self, numbers: &str, with_classes: bool) -> Option<i64> {
        let before = self.ids.len();
        let mut numbers = numbers.split(',').filter(|number| !number.is_empty()).map(str::parse::<i64>);
        while let Some(order_id) = numbers.next() {
            let order_id = order_id.ok()?;
            if self.order_ids.last().is_some_and(|last| *last >= order_id) {
                return None;
            }
            self.order_ids.push(order_id);
            self.ids.push(numbers.next()?.ok()?);
            let set_and_placed = numbers.next()?.ok()?;
            self.sets.push(small(set_and_placed / 2));
            self.placed.push(set_and_placed % 2 == 1);
            let class = numbers.next()?.ok()?;
            if with_classes {
                self.classes.push(Some(class).filter(|class| *class > 0));
            }
        }
        i64::try_from(self.ids.len() - before).ok()
    }
}

/// How many living images of a task no split has placed.
pub async fn unplaced(db: &Db, task: Id) -> Result<i64> {
    const COUNT: &str = "SELECT COUNT(*) FROM task_images WHERE task_id = ? AND is_del = 0 AND is_placed = 0";
    Ok(db.fetch_one(Sql::new(COUNT).bind(task)).await?.int(0)?)
}
