//! Leaks: images that belong together and stand in different sets (contract §2.4).
//!
//! An audit reads all images of the tasks it is about. Small results of late are kept until one of the tasks changes, so
//! that the pages of one list cost one audit.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Split, looks};
use crate::collect::model::cursor::Cursor;
use crate::platform::error::Error;
use crate::platform::ids::Id;
use crate::platform::paging::check_limit;
use crate::split::model::audit::{Image, Kind, leaks};
use crate::split::model::near::DISTANCE;
use crate::split::store::{self, Source};
use crate::training::model::{Code, Fault, Result, Set};

/// Most tasks that one is held against.
const MAX_AGAINST: usize = 16;

/// How many results are kept, and the longest of them.
const KEPT: usize = 8;
const LONGEST: usize = 50_000;

/// One image of a leak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Side {
    pub image: Id,
    pub task: Id,
    pub set: Set,
}

/// Two images that belong together in different sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leak {
    pub kind: Kind,
    /// Of the task that was asked about.
    pub a: Side,
    pub b: Side,
    /// Bits in which their looks differ; only for [`Kind::Near`].
    pub distance: Option<u32>,
}

/// A page of an audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    pub items: Vec<Leak>,
    /// A cursor, where there are more.
    pub next: Option<String>,
    /// Pictures of all the tasks that are too plain to compare.
    pub plain: u64,
    /// Pictures that too many are too like to be compared with all of them.
    pub busy: u64,
}

/// A whole audit.
struct Whole {
    leaks: Vec<Leak>,
    plain: u64,
    busy: u64,
}

/// The tasks of an audit, with the revision of each.
type Key = Vec<(Id, i64)>;

/// Results of late.
#[derive(Default)]
pub(super) struct Kept(Mutex<VecDeque<(Key, Arc<Whole>)>>);

impl Kept {
    fn find(&self, key: &Key) -> Option<Arc<Whole>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(of, _)| of == key).map(|(_, whole)| whole.clone())
    }

    fn keep(&self, key: Key, whole: &Arc<Whole>) {
        if whole.leaks.len() <= LONGEST {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.push_front((key, whole.clone()));
            kept.truncate(KEPT);
        }
    }
}

impl Split {
    /// The leaks within a task, and between it and others, a page at a time.
    ///
    /// # Errors
    /// 1001 for a limit, a cursor or too many tasks; 1002; 1016 when a task changed since the first page.
    pub async fn audit(&self, task: Id, against: &[Id], cursor: Option<&str>, limit: u32) -> Result<Audited> {
        check_limit(limit)?;
        let tasks = tasks(task, against)?;
        let mut key = Key::new();
        for task in tasks {
            key.push((task, self.inner.training.find_task(task).await?.revision));
        }
        let state = key.iter().fold(0_i64, |state, (_, revision)| state.wrapping_add(*revision));
        let from = match cursor.map(Cursor::decode).transpose()? {
            None => 0,
            Some(Cursor::Number { key, tie }) if key == state => usize::try_from(tie).unwrap_or(usize::MAX),
            Some(Cursor::Number { .. }) => return Err(changed()),
            Some(Cursor::Text(_)) => {
                return Err(Fault::invalid("cursor", ("belongs to another list", "该游标属于另一个列表")));
            }
        };
        let whole = match self.inner.audits.find(&key) {
            Some(whole) => whole,
            None => self.whole(key).await?,
        };
        let items: Vec<Leak> = whole.leaks.iter().skip(from).take(limit as usize).copied().collect();
        let end = from.saturating_add(items.len());
        let next =
            (end < whole.leaks.len()).then(|| Cursor::Number { key: state, tie: i64::try_from(end).unwrap_or(0) });
        Ok(Audited { items, next: next.map(|next| next.encode()), plain: whole.plain, busy: whole.busy })
    }

    async fn whole(&self, key: Key) -> Result<Arc<Whole>> {
        let (mut images, mut sides, mut plain) = (Vec::new(), Vec::new(), 0);
        for (at, (task, _)) in key.iter().enumerate() {
            self.make_looks(*task).await?;
            plain += self.read(*task, at == 0, &mut images, &mut sides).await?;
        }
        let found = tokio::task::spawn_blocking(move || {
            let found = leaks(&images, DISTANCE);
            let leak = |leak: &crate::split::model::audit::Leak| Leak {
                kind: leak.kind,
                a: sides[leak.a as usize],
                b: sides[leak.b as usize],
                distance: leak.distance,
            };
            Whole { leaks: found.leaks.iter().map(leak).collect(), plain, busy: found.busy }
        });
        let whole = Arc::new(found.await.map_err(Error::internal)?);
        self.inner.audits.keep(key, &whole);
        Ok(whole)
    }

    /// Adds a task's images; how many of them are plain pictures.
    async fn read(&self, task: Id, is_own: bool, images: &mut Vec<Image>, sides: &mut Vec<Side>) -> Result<u64> {
        let (mut after, mut plain) = (0, 0);
        loop {
            let page = store::traits::page(&mut Source::Pool(&self.inner.db), task, after).await?;
            let Some(last) = page.last() else { return Ok(plain) };
            after = last.order_id;
            for image in &page {
                plain += u64::from(image.is_plain);
                images.push(Image {
                    is_own,
                    set: image.set,
                    bytes: image.sha256.as_deref().and_then(looks::mark_of_hex),
                    key: image.key.as_deref().map(looks::mark_of_key),
                    look: image.look,
                });
                sides.push(Side { image: image.id, task, set: Set::of_stored(i64::from(image.set)) });
            }
        }
    }
}

/// The task and those it is held against, each once.
fn tasks(task: Id, against: &[Id]) -> Result<Vec<Id>> {
    let mut tasks = vec![task];
    for other in against {
        if !tasks.contains(other) {
            tasks.push(*other);
        }
    }
    if tasks.len() > MAX_AGAINST + 1 {
        let en = format!("must name at most {MAX_AGAINST} tasks");
        return Err(Fault::invalid("against", (en, format!("最多可列出 {MAX_AGAINST} 个任务"))));
    }
    Ok(tasks)
}

fn changed() -> Fault {
    let message = (
        "The images have changed since the first page; begin again without a cursor.",
        "图像自第一页之后已有变化，请不带 cursor 重新开始",
    );
    Fault::new(Code::WrongState, message)
}
