//! Dividing a task's images into sets (seed 001 §1, contract §2.4).
//!
//! Images are read and divided first, and the task is locked only to write; when it has changed meanwhile, it is done
//! once more under the lock. So two splits at once come one after the other, and other writers wait for the writing
//! alone. What always holds: one transaction gives all images their sets and keeps the record, or nothing changes.

use ring::rand::{SecureRandom, SystemRandom};

use super::{Split, looks};
use crate::platform::clock::rfc3339;
use crate::platform::error::Error;
use crate::platform::ids::Id;
use crate::split::model::counts::{Asked, Nearest, Refusal};
use crate::split::model::divide::{Division, Task, divide};
use crate::split::model::group::{Traits, groups};
use crate::split::model::near::DISTANCE;
use crate::split::model::record::{Grouped, Named, Record, Requested, digest};
use crate::split::model::{Counts, FREE, MAX_SEED, NAMES, numbered};
use crate::split::store::images::Images;
use crate::split::store::{self, Source};
use crate::training::model::{self, Code, Fault, Result, Set};
use crate::training::service::{lock_task, touch};

/// What a split is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub task: Id,
    pub asked: Asked,
    /// Chosen here where it isn't given.
    pub seed: Option<u64>,
    pub stratify: bool,
    pub group: bool,
    pub only_unassigned: bool,
    /// The sets that keep their images from now on; `None` leaves that as it is.
    pub lock: Option<Vec<Set>>,
}

/// A split that stands.
#[derive(Debug)]
pub struct Done {
    /// Ids of all living images in the order of `order_id`, and the numbers of their sets.
    pub(super) ids: Vec<i64>,
    pub(super) sets: Vec<u8>,
    pub record: Record,
}

/// A division of the images as they were read.
struct Plan {
    images: Images,
    division: Division,
    groups: Option<Grouped>,
}

impl Split {
    /// Living images of a task that no split has placed.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn unplaced(&self, task: Id) -> Result<i64> {
        Ok(store::images::unplaced(&self.inner.db, task).await?)
    }

    /// Divides a task's living images into sets.
    ///
    /// # Errors
    /// 1002; 1007, 1009, 1010, 1011 as [`Refusal`] says. Nothing is changed then.
    pub async fn split(&self, wish: Wish) -> Result<Done> {
        let seed = wish.seed.map_or_else(any_seed, Ok)?;
        let task = self.inner.training.find_task(wish.task).await?;
        if wish.group {
            self.make_looks(wish.task).await?;
        }
        let early = plan(&mut Source::Pool(&self.inner.db), &wish, &task, seed).await;
        let mut tx = self.inner.db.begin().await?;
        let now = lock_task(&mut tx, wish.task).await?;
        let is_current = now.revision == task.revision && now.locked_sets == task.locked_sets;
        let plan = if is_current { early? } else { plan(&mut Source::Locked(&mut tx), &wish, &now, seed).await? };
        let Plan { images, division, groups } = plan;
        let sets = division.sets;
        store::write::sets(&mut tx, wish.task, &images.order_ids, &sets).await?;
        let digest = digest(images.ids.iter().copied().zip(sets.iter().copied()));
        let requested = requested(&wish, locked(&wish, &now), division.counts);
        let record = Record::new(seed, requested, groups, digest, rfc3339(self.inner.clock.now_ms()));
        let text = serde_json::to_string(&record).map_err(Error::internal)?;
        store::write::record(&mut tx, wish.task, &text, locked(&wish, &now)).await?;
        touch(&mut tx, wish.task, false).await?;
        tx.commit().await?;
        Ok(Done { ids: images.ids, sets, record })
    }
}

/// The sets that are locked from this split on, as bits.
fn locked(wish: &Wish, task: &model::Task) -> i64 {
    let bits = |sets: &Vec<Set>| sets.iter().fold(0, |bits, set| bits | set.bit());
    wish.lock.as_ref().map_or(task.locked_sets, bits)
}

fn requested(wish: &Wish, locked: i64, counts: Counts) -> Requested {
    let Wish { stratify, group, only_unassigned, .. } = *wish;
    let lock = Set::of_bits(locked).into_iter().map(Set::name).collect();
    Requested { stratify, group, only_unassigned, lock, ..Requested::new(&wish.asked, counts) }
}

async fn plan(source: &mut Source<'_>, wish: &Wish, task: &model::Task, seed: u64) -> Result<Plan> {
    let mut images = store::images::all(source, wish.task, task.last_order_id, wish.stratify).await?;
    let traits = if wish.group { Some(traits(source, wish.task).await?) } else { None };
    let standing = standing(wish, locked(wish, task), &images);
    let classes = wish.stratify.then(|| numbered(std::mem::take(&mut images.classes).into_iter()));
    let (asked, counts_free_alone) = (wish.asked, wish.only_unassigned);
    let divided = tokio::task::spawn_blocking(move || {
        let groups = traits.map(|traits| groups(standing.len(), traits, DISTANCE));
        let (classes, groups_of) = (classes.as_deref(), groups.as_ref());
        let task = Task { standing: &standing, classes, groups: groups_of, counts_free_alone };
        divide(&task, &asked, seed).map(|division| {
            let grouped = groups.map(|groups| Grouped {
                count: groups.count,
                largest: groups.largest,
                torn: division.torn,
                unheld: groups.unheld,
            });
            (division, grouped)
        })
    });
    let (division, groups) = divided.await.map_err(Error::internal)?.map_err(refused)?;
    Ok(Plan { images, division, groups })
}

/// Images that stay: members of locked sets, and with `only_unassigned` all that a split has placed. An image that none
/// has placed stands in *training* by registration alone, so no lock holds it there.
fn standing(wish: &Wish, locked: i64, images: &Images) -> Vec<u8> {
    let stays = |set: u8| wish.only_unassigned || locked >> set & 1 == 1;
    let placed = images.sets.iter().zip(&images.placed);
    placed.map(|(&set, &is_placed)| if is_placed && stays(set) { set } else { FREE }).collect()
}

async fn traits(source: &mut Source<'_>, task: Id) -> Result<Traits> {
    let (mut traits, mut after, mut place) = (Traits::default(), 0, 0);
    loop {
        let page = store::traits::page(source, task, after).await?;
        let Some(last) = page.last() else { return Ok(traits) };
        after = last.order_id;
        for image in &page {
            let bytes = image.sha256.as_deref().and_then(looks::mark_of_hex);
            traits.bytes.extend(bytes.map(|mark| (mark, place)));
            traits.keys.extend(image.key.as_deref().map(|key| (looks::mark_of_key(key), place)));
            traits.looks.extend(image.look.map(|look| (look, place)));
            traits.plain += u64::from(image.is_plain);
            place += 1;
        }
    }
}

fn any_seed() -> Result<u64> {
    let mut bytes = [0; 8];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::internal("the system has no randomness"))?;
    Ok(u64::from_le_bytes(bytes) & MAX_SEED)
}

/// A refusal in the words of the documents, where they have some.
fn refused(refusal: Refusal) -> Fault {
    match refusal {
        Refusal::NoTraining => {
            let text = "训练集中图像的个数不能小于等于0";
            Fault::new(Code::TrainingCount, ("The training set must have at least one image.", text))
        }
        Refusal::NegativeVerifying => {
            let text = ("The verifying set must not have fewer than 0 images.", "验证集中图像的个数不能小于0");
            Fault::new(Code::VerifyingCount, text)
        }
        Refusal::NegativeTesting => {
            let text = ("The testing set must not have fewer than 0 images.", "测试集中图像的个数不能小于0");
            Fault::new(Code::TestingCount, text)
        }
        Refusal::WrongSum { sum, images } => {
            let en = format!("The counts add up to {sum}, but there are {images} images to divide.");
            Fault::new(Code::Counts, (en, format!("三个集合的图像个数之和为 {sum}，待分配的图像共 {images} 个")))
        }
        Refusal::TooManyStay { set, stay, asked, nearest: counts } => {
            let name = NAMES[usize::from(set)];
            let en = format!("{stay} images stay in {name}, more than the {asked} asked for.");
            let zh = format!("集合 {name} 中有 {stay} 个图像保持不动，超过了要求的 {asked} 个");
            with_nearest(Fault::new(Code::Counts, (en, zh)), counts)
        }
        Refusal::GroupsDontFit { nearest: counts } => {
            let (en, zh) = match counts {
                None => ("no others can be had either.", "也没有其他可用的个数"),
                Some(Nearest { is_proven: true, .. }) => ("the nearest possible are named.", "可改用最接近的个数"),
                Some(Nearest { is_proven: false, .. }) => (
                    "the nearest found are named; there may be nearer ones.",
                    "可改用已找到的最接近的个数（可能还有更接近的）",
                ),
            };
            let en = format!("Whole groups can't be divided into these counts; {en}");
            let zh = format!("无法在不拆分组的情况下得到这些个数，{zh}");
            with_nearest(Fault::new(Code::Counts, (en, zh)), counts)
        }
    }
}

fn with_nearest(fault: Fault, nearest: Option<Nearest>) -> Fault {
    let Some(Nearest { counts, is_proven }) = nearest else { return fault };
    let counts = serde_json::json!(Named::from(counts));
    fault.with("nearest", counts).with("nearest_proven", is_proven.into())
}
