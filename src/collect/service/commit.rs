//! Group commit: uploads that wait at the same time share one transaction.
//!
//! One task takes whatever waits, writes it in one go and answers all. Under load this costs one
//! sync of the database for many uploads; a lone upload doesn't wait for company. What always holds:
//! an answer is sent after the commit, never before.

use std::collections::BTreeMap;

use tokio::sync::{mpsc, oneshot};

use super::naming::{free_name, free_zip_name};
use super::turns;
use super::upload::check_holder;
use crate::collect::model::conflict::{Decision, Place, decide};
use crate::collect::model::quota::Use;
use crate::collect::model::{File, Name, OnConflict, Uploaded};
use crate::collect::store::commit::{self as store, Asked, Change, LockedTag, NewFile, TagChange};
use crate::collect::store::quotas;
use crate::collect::store::thumbnails::Thumbnail;
use crate::platform::archive::zip_names;
use crate::platform::blobs::{BlobKey, Received};
use crate::platform::clock::Clock;
use crate::platform::db::{Db, Tx};
use crate::platform::error::{Error, Result};
use crate::platform::ids::{Id, Ids};
use crate::platform::pictures;
use crate::platform::web::preconditions::Preconditions;

/// How many uploads may wait for their commit.
pub const QUEUE: usize = 1024;

/// Most uploads in one transaction; each number has statements of its own, which stay prepared.
const GROUP: usize = 64;

/// An upload whose bytes are in place.
pub struct Pending {
    pub tag: Name,
    pub name: Name,
    pub on_conflict: OnConflict,
    pub conditions: Preconditions,
    pub received: Received,
    pub reply: oneshot::Sender<Result<Uploaded>>,
}

/// The task that commits.
pub struct Committer {
    db: Db,
    ids: Ids,
    clock: Clock,
    /// Most bytes of all living files together.
    quota: Option<i64>,
}

/// A tag within one transaction.
struct OpenTag {
    locked: LockedTag,
    change: Change,
    is_changed: bool,
    /// It was made by this transaction.
    is_new: bool,
}

/// One transaction over a group.
struct Group<'a> {
    tx: Tx,
    tags: BTreeMap<&'a str, OpenTag>,
    /// Rows that are not inserted yet.
    plain: Vec<NewFile>,
    /// The bytes of all tags as they were at the beginning, where they have a bound.
    total: Option<Use>,
    next_id: i64,
    now: i64,
}

impl Committer {
    pub fn new(db: Db, ids: Ids, clock: Clock, quota: Option<i64>) -> Self {
        Self { db, ids, clock, quota }
    }

    /// Commits until every sender is gone.
    pub async fn run(self, mut waiting: mpsc::Receiver<Pending>) {
        if let Err(error) = self.rehearse().await {
            tracing::warn!(%error, "the database didn't take a rehearsal of an upload");
        }
        let mut group = Vec::with_capacity(GROUP);
        while waiting.recv_many(&mut group, GROUP).await > 0 {
            let answers = self.commit_with_retry(&group).await;
            for (pending, answer) in group.drain(..).zip(answers) {
                // Whoever asked may have gone; the upload stands all the same.
                let _ = pending.reply.send(answer);
            }
        }
    }

    /// Does what the first upload would wait for (some 15 ms): connects, draws ids, prepares the statements.
    /// Nothing of it is committed.
    async fn rehearse(&self) -> Result<()> {
        let (reply, _) = oneshot::channel();
        let name = Name::new("rehearsal").map_err(Error::internal)?;
        let received = Received {
            key: BlobKey::from_digest(&[0; 32]),
            size: 0,
            crc32: 0,
            facts: pictures::probe(std::io::empty())?,
        };
        let on_conflict = OnConflict::default();
        let conditions = Preconditions::default();
        let group = [Pending { tag: name.clone(), name, on_conflict, conditions, received, reply }];
        let mut open = self.open(1).await?;
        open.find_plain(&group).await?;
        let file = open.new_file(&group[0], "rehearsal".to_owned(), None)?;
        store::insert(&mut open.tx, &[file]).await
    }

    /// The answers in the order of the group; all the same error when the transaction failed.
    async fn commit_with_retry(&self, group: &[Pending]) -> Vec<Result<Uploaded>> {
        match turns::take(|| self.commit(group)).await {
            Ok(answers) => answers,
            Err(error) => {
                tracing::error!(%error, uploads = group.len(), "a group of uploads was not committed");
                group.iter().map(|_| Err(again(&error))).collect()
            }
        }
    }

    async fn open<'a>(&self, uploads: usize) -> Result<Group<'a>> {
        let needed = i64::try_from(uploads * 2).map_err(Error::internal)?;
        let next_id = self.ids.draw(needed).await?;
        let now = self.clock.now_ms();
        let tx = self.db.begin().await?;
        Ok(Group { tx, tags: BTreeMap::new(), plain: Vec::new(), total: None, next_id, now })
    }

    async fn commit(&self, group: &[Pending]) -> Result<Vec<Result<Uploaded>>> {
        let mut open = self.open(group.len()).await?;
        let is_plain = open.find_plain(group).await?;
        if self.quota.is_some() {
            let used = quotas::lock_used(&mut open.tx).await?;
            open.total = Some(Use { used, allowed: self.quota });
        }
        let mut answers: Vec<Option<Result<Uploaded>>> = group.iter().map(|_| None).collect();
        for (at, pending) in group.iter().enumerate().filter(|(at, _)| is_plain[*at]) {
            if let Err(over) = open.admit(pending, 0)? {
                answers[at] = Some(Err(over));
                continue;
            }
            let file = open.new_file(pending, pending.name.as_str().to_owned(), None)?;
            answers[at] = Some(Ok(Uploaded { file: file.file.clone(), duplicate: false }));
            open.plain.push(file);
        }
        for (at, pending) in group.iter().enumerate().filter(|(at, _)| !is_plain[*at]) {
            open.insert_plain().await?;
            answers[at] = Some(open.settle(pending).await?);
        }
        open.close().await?;
        Ok(answers.into_iter().flatten().collect())
    }
}

impl<'a> Group<'a> {
    fn draw(&mut self) -> Id {
        self.next_id += 1;
        Id(self.next_id - 1)
    }

    /// Locks the tags, and tells which uploads meet nothing of their name: neither in the tag nor in this
    /// group.
    async fn find_plain(&mut self, group: &'a [Pending]) -> Result<Vec<bool>> {
        let mut by_tag: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, pending) in group.iter().enumerate() {
            by_tag.entry(pending.tag.as_str()).or_default().push(at);
        }
        let asked: Vec<Asked> = by_tag.iter().map(|(tag, places)| ask(tag, places, group)).collect();
        let met = store::look_up(&mut self.tx, &asked).await?;
        let mut is_plain = vec![false; group.len()];
        for ((Asked { tag, zip_keys, .. }, mut met), places) in asked.iter().zip(met).zip(by_tag.values()) {
            for ((place, at), key) in places.iter().enumerate().zip(zip_keys) {
                // Equal names have equal keys, so the keys alone tell apart the names of this group.
                is_plain[*at] = met.zip_keys.insert(key.clone()) && !met.names.contains(&place);
                is_plain[*at] &= group[*at].conditions.is_empty();
            }
            let is_new = met.tag.is_none();
            let locked = if let Some(mut locked) = met.tag {
                if locked.is_deleted {
                    // It begins anew, without what was set for it once.
                    locked.room.allowed = None;
                }
                locked
            } else {
                let id = self.draw();
                store::make_tag(&mut self.tx, tag, id, self.now).await?
            };
            self.tags.insert(tag, OpenTag { locked, change: Change::default(), is_changed: false, is_new });
        }
        Ok(is_plain)
    }

    fn tag(&mut self, name: &str) -> Result<&mut OpenTag> {
        self.tags.get_mut(name).ok_or_else(|| Error::internal("an upload's tag was not locked"))
    }

    /// Whether the quotas have room for the upload when `freed` bytes of its tag make place for it.
    fn admit(&mut self, pending: &Pending, freed: i64) -> Result<Result<()>> {
        let growth = i64::try_from(pending.received.size).map_err(Error::internal)? - freed;
        let (name, grown): (_, i64) = (pending.tag.as_str(), self.tags.values().map(|tag| tag.change.bytes).sum());
        let tag = self.tag(name)?;
        let room = Use { used: tag.locked.room.used + tag.change.bytes, ..tag.locked.room };
        let total = self.total.map(|total| Use { used: total.used + grown, ..total });
        Ok(room.admit(growth, Some(name)).and_then(|()| total.map_or(Ok(()), |total| total.admit(growth, None))))
    }

    /// A row for new bytes, at the end of its tag.
    fn new_file(&mut self, pending: &Pending, name: String, asked_name: Option<String>) -> Result<NewFile> {
        let (id, now) = (self.draw(), self.now);
        let received = &pending.received;
        let size = i64::try_from(received.size).map_err(Error::internal)?;
        let tag = self.tag(pending.tag.as_str())?;
        tag.locked.last_seq += 1;
        tag.change.files += 1;
        tag.change.bytes += size;
        tag.is_changed = true;
        let facts = &received.facts;
        let can_show = pictures::can_picture(&facts.content_type);
        Ok(NewFile {
            zip_name: zip_names::mend(&name),
            asked_name,
            thumbnail: if can_show { Thumbnail::Wanted } else { Thumbnail::Never },
            file: File {
                id,
                tag_id: tag.locked.id,
                tag: pending.tag.as_str().to_owned(),
                name,
                seq: tag.locked.last_seq,
                size,
                sha256: received.key.as_str().to_owned(),
                crc32: received.crc32,
                content_type: facts.content_type.clone(),
                width: facts.width,
                height: facts.height,
                created_at: now,
                deleted_at: None,
            },
        })
    }

    async fn insert_plain(&mut self) -> Result<()> {
        let plain = std::mem::take(&mut self.plain);
        store::insert(&mut self.tx, &plain).await
    }

    /// An upload that meets its name, or presumes something of it.
    async fn settle(&mut self, pending: &Pending) -> Result<Result<Uploaded>> {
        let name = pending.name.as_str();
        let tag = self.tag(pending.tag.as_str())?.locked.id;
        let sha256 = pending.received.key.as_str();
        let namesakes = store::namesakes(&mut self.tx, tag, name, sha256).await?;
        if !pending.conditions.is_empty() {
            let holder = match namesakes.iter().find(|file| file.live && file.name == name) {
                Some(file) => Some(store::find(&mut self.tx, file.id).await?),
                None => None,
            };
            if let Err(error) = check_holder(&pending.conditions, holder.as_ref()) {
                return Ok(Err(error));
            }
        }
        match decide(name, sha256, &namesakes, pending.on_conflict) {
            Decision::Duplicate(id) => {
                let file = store::find(&mut self.tx, id).await?;
                Ok(Ok(Uploaded { file, duplicate: true }))
            }
            Decision::Reject => {
                let en = format!(
                    "“{name}” is there already with other bytes. Nothing was stored; on_conflict=rename keeps both."
                );
                let zh = format!("“{name}” 已存在且内容不同，未保存；on_conflict=rename 可两者都保留");
                Ok(Err(Error::Conflict((en, zh).into())))
            }
            Decision::Insert(place) => {
                let given = match self.make_place(pending, tag, place).await? {
                    Ok(given) => given,
                    Err(over) => return Ok(Err(over)),
                };
                let asked = (given != name).then(|| name.to_owned());
                let mut new = self.new_file(pending, given, asked)?;
                new.zip_name = free_zip_name(&mut self.tx, tag, &new.file.name, None).await?;
                store::insert(&mut self.tx, std::slice::from_ref(&new)).await?;
                Ok(Ok(Uploaded { file: new.file, duplicate: false }))
            }
            Decision::Revive { id, place } => {
                let given = match self.make_place(pending, tag, place).await? {
                    Ok(given) => given,
                    Err(over) => return Ok(Err(over)),
                };
                let asked = (given != name).then_some(name);
                let zip_name = free_zip_name(&mut self.tx, tag, &given, Some(id)).await?;
                store::revive(&mut self.tx, id, &given, asked, &zip_name, self.now).await?;
                let file = store::find(&mut self.tx, id).await?;
                let tag = self.tag(pending.tag.as_str())?;
                tag.change.files += 1;
                tag.change.bytes += file.size;
                tag.is_changed = true;
                Ok(Ok(Uploaded { file, duplicate: true }))
            }
        }
    }

    /// The name to be used, after whoever stood in its way is gone; nobody is when a quota is in the way.
    async fn make_place(&mut self, pending: &Pending, tag: Id, place: Place) -> Result<Result<String>> {
        let name = pending.name.as_str();
        let old = match place {
            Place::InsteadOf(id) => Some(store::find(&mut self.tx, id).await?),
            _ => None,
        };
        if let Err(over) = self.admit(pending, old.as_ref().map_or(0, |old| old.size))? {
            return Ok(Err(over));
        }
        match (place, old) {
            (Place::Numbered, _) => Ok(Ok(free_name(&mut self.tx, tag, name).await?)),
            (Place::InsteadOf(id), Some(old)) => {
                store::bury(&mut self.tx, id, self.now).await?;
                let tag = self.tag(pending.tag.as_str())?;
                tag.change.files -= 1;
                tag.change.bytes -= old.size;
                tag.is_changed = true;
                Ok(Ok(name.to_owned()))
            }
            _ => Ok(Ok(name.to_owned())),
        }
    }

    async fn close(mut self) -> Result<()> {
        // All that was to go into it was refused.
        for tag in self.tags.values().filter(|tag| tag.is_new && !tag.is_changed) {
            store::unmake_tag(&mut self.tx, tag.locked.id).await?;
        }
        // A change of no files (a replacement) still makes the tag live.
        let tags = self.tags.values().filter(|tag| tag.is_changed);
        let changes = tags.map(|OpenTag { locked, change, .. }| TagChange {
            tag: locked.id,
            change: *change,
            last_seq: Some(locked.last_seq),
            begins_anew: locked.is_deleted,
        });
        let changes: Vec<TagChange> = changes.collect();
        store::insert_and_commit(self.tx, &self.plain, &changes, self.now).await
    }
}

fn ask<'a>(tag: &'a str, places: &[usize], group: &'a [Pending]) -> Asked<'a> {
    let names: Vec<&str> = places.iter().map(|at| group[*at].name.as_str()).collect();
    let zip_keys = names.iter().map(|name| zip_names::key(&zip_names::mend(name))).collect();
    Asked { tag, names, zip_keys }
}

/// The same error for one more of the group.
fn again(error: &Error) -> Error {
    match error {
        Error::Full(message) => Error::Full(message.clone()),
        Error::Unavailable(message) => Error::Unavailable(message.clone()),
        other => Error::internal(other.to_string()),
    }
}
