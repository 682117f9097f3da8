//! Names that are free: for a file in its tag, and for its entry in archives.

use crate::collect::model::numbers::Search;
use crate::collect::store::commit as store;
use crate::platform::archive::zip_names;
use crate::platform::db::Tx;
use crate::platform::error::Result;
use crate::platform::ids::Id;
use crate::platform::names::numbered;

/// A `name (n).ext` that no living file has; `name` itself is taken.
pub async fn free_name(tx: &mut Tx, tag: Id, name: &str) -> Result<String> {
    let mut search = Search::behind(1);
    loop {
        let names: Vec<String> = search.probes().into_iter().map(|number| numbered(name, number)).collect();
        let taken = store::taken_names(tx, tag, &names).await?;
        if let Some(number) = search.learn(|number| taken.contains(&numbered(name, number))) {
            return Ok(numbered(name, number));
        }
    }
}

/// The name of an entry that no other entry of the tag has, in any letter case.
pub async fn free_zip_name(tx: &mut Tx, tag: Id, name: &str, except: Option<Id>) -> Result<String> {
    let mended = zip_names::mend(name);
    let key = zip_names::key(&mended);
    if store::taken_keys(tx, tag, std::slice::from_ref(&key), except).await?.is_empty() {
        return Ok(mended);
    }
    let mut search = Search::behind(1);
    let key_of = |number| zip_names::key(&numbered(&mended, number));
    loop {
        let keys: Vec<Vec<u8>> = search.probes().into_iter().map(key_of).collect();
        let taken = store::taken_keys(tx, tag, &keys, except).await?;
        if let Some(number) = search.learn(|number| taken.contains(&key_of(number))) {
            return Ok(numbered(&mended, number));
        }
    }
}
