//! The shapes of the room's answers (contract §2.4).

use serde::Serialize;
use serde_json::json;

use crate::platform::error::{Error, Result};
use crate::platform::ids::Id;
use crate::split::service::{Audited, Done, Leak, Side};

/// The beginning of the answer to a split: an object that is still open.
pub fn split_head() -> Vec<u8> {
    "{\"code\":0,\"msg\":\"TaskImgRel 表 图像集合数据更新， 成功\"".as_bytes().to_vec()
}

/// Its end, behind the lists: the seed, the record, and what became of groups.
pub fn split_tail(done: &Done) -> Result<Vec<u8>> {
    let record = serde_json::to_value(&done.record).map_err(Error::internal)?;
    let mut members = json!({"seed": done.record.seed, "split": record});
    if let Some(groups) = &done.record.groups {
        members["groups"] = serde_json::to_value(groups).map_err(Error::internal)?;
    }
    let mut text = members.to_string().into_bytes();
    // The object goes on.
    text[0] = b',';
    Ok(text)
}

/// The beginning of the list of a set, up to its opening bracket. The task's id is a number here, as in the document.
pub fn list_head(task: Id, code: i64) -> Vec<u8> {
    let msg = format!("集合编号id={code}的图像数据查询成功");
    format!("{{\"code\":0,\"msg\":{},\"task_id\":{task},\"img_info_list\":[", json!(msg)).into_bytes()
}

/// A page of leaks.
#[derive(Debug, Serialize)]
pub struct LeaksResponse {
    leaks: Vec<LeakResponse>,
    /// Pictures that weren't compared by their looks: those too plain, and those too like too many others.
    plain: u64,
    busy: u64,
    next: Option<String>,
}

#[derive(Debug, Serialize)]
struct LeakResponse {
    kind: &'static str,
    a: SideResponse,
    b: SideResponse,
    /// `null` for other kinds than `near`.
    distance: Option<u32>,
}

#[derive(Debug, Serialize)]
struct SideResponse {
    img_id: Id,
    task_id: Id,
    set: &'static str,
}

impl From<Side> for SideResponse {
    fn from(side: Side) -> Self {
        Self { img_id: side.image, task_id: side.task, set: side.set.name() }
    }
}

impl From<Audited> for LeaksResponse {
    fn from(page: Audited) -> Self {
        let leak = |leak: Leak| LeakResponse {
            kind: leak.kind.as_str(),
            a: leak.a.into(),
            b: leak.b.into(),
            distance: leak.distance,
        };
        let leaks = page.items.into_iter().map(leak).collect();
        Self { leaks, plain: page.plain, busy: page.busy, next: page.next }
    }
}
