//! What requests of this room carry, read member by member.

use serde_json::{Map, Value};

use crate::platform::error::{Error, Result};
use crate::platform::ids::{ALLOWED, Id};
use crate::platform::web::json::Fields;
use crate::platform::web::query::{Query, bare};
use crate::split::model::MAX_SEED;
use crate::split::model::counts::Asked;
use crate::split::service::Wish;
use crate::training::model::Set;

/// Most bytes of a request.
pub const BODY: u64 = 64 * 1024;

/// `PUT /training/tasks/sets`
pub fn wish(body: &Map<String, Value>) -> Result<Wish> {
    let fields = Fields::of(body);
    let seed = fields.opt_int("seed", 0..=i64::try_from(MAX_SEED).unwrap_or(i64::MAX))?;
    Ok(Wish {
        task: fields.id("task_id")?,
        asked: asked(&fields)?,
        seed: seed.map(i64::unsigned_abs),
        stratify: fields.flag("stratify")?,
        group: fields.flag("group")?,
        only_unassigned: fields.flag("only_unassigned")?,
        lock: lock(&fields)?,
    })
}

/// The counts of the document, or `ratios` in their place.
fn asked(fields: &Fields<'_>) -> Result<Asked> {
    let counts = ["training_count", "verifying_count", "testing_count"];
    let Some(ratios) = fields.get("ratios") else {
        let [training, verifying, testing] = counts.map(|field| fields.int(field, i64::MIN..=i64::MAX));
        return Ok(Asked::Counts { training: training?, verifying: verifying?, testing: testing? });
    };
    if counts.iter().any(|field| fields.get(field).is_some()) {
        return Err(fields.refuse("ratios", ("stand in place of the counts, not beside them", "不能与个数同时给出")));
    }
    shares(ratios).map(Asked::Ratios).ok_or_else(|| {
        let message = (
            "must be an object of training, verifying and testing, numbers from 0 to 1000000000 that are not all 0",
            "必须是包含 training、verifying、testing 的对象，值为 0 到 1000000000 之间的数，且不全为 0",
        );
        fields.refuse("ratios", message)
    })
}

/// Ratios in billionths, by the numbers of the sets.
fn shares(ratios: &Value) -> Option<[u64; 3]> {
    let ratios = ratios.as_object().filter(|members| members.keys().all(|name| Set::parse(name).is_some()))?;
    let mut shares = [0; 3];
    for set in Set::ALL {
        let share = ratios.get(set.name())?.as_f64().filter(|share| (0.0..=1e9).contains(share))?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 10^18")]
        let billionths = (share * 1e9).round() as u64;
        shares[usize::try_from(set.stored()).ok()?] = billionths;
    }
    (shares != [0; 3]).then_some(shares)
}

fn lock(fields: &Fields<'_>) -> Result<Option<Vec<Set>>> {
    let Some(value) = fields.get("lock") else { return Ok(None) };
    let sets = value.as_array().and_then(|names| names.iter().map(|name| Set::parse(name.as_str()?)).collect());
    let message = (
        "must be a list of training, verifying and testing, or [] for none",
        "必须是由 training、verifying、testing 组成的数组，[] 表示不锁定",
    );
    sets.map(Some).ok_or_else(|| fields.refuse("lock", message))
}

/// `task_id` of a query: digits, bare or in double quotes.
pub fn task(query: &Query) -> Result<Id> {
    query.parsed("task_id", Id::parse, ALLOWED)?.ok_or_else(|| missing("task_id"))
}

/// `set_type_id` of a query: a number, which may stand in double quotes.
pub fn set_code(query: &Query) -> Result<i64> {
    let number = |text: &str| {
        let bare = bare(text);
        bare.parse().ok().filter(|_| bare.bytes().all(|b| b.is_ascii_digit()))
    };
    let allowed = ("must be the number of a set", "必须是集合编号");
    query.parsed("set_type_id", number, allowed)?.ok_or_else(|| missing("set_type_id"))
}

/// `against`: ids of tasks with commas between them.
pub fn against(query: &Query) -> Result<Vec<Id>> {
    // Each in double quotes, or all of them together.
    let one = |id: &str| Id::parse(id.trim());
    let all = |text: &str| text.split(',').map(one).collect::<Option<Vec<Id>>>();
    let ids = |text: &str| all(text).or_else(|| all(bare(text)));
    let allowed = ("must be ids of tasks with commas between them", "必须是以逗号分隔的任务 id");
    Ok(query.parsed("against", ids, allowed)?.unwrap_or_default())
}

fn missing(field: &'static str) -> Error {
    Error::invalid(field, ("is missing", "缺少"))
}
