//! What becomes of an upload whose name is known in its tag already (contract §1).
//!
//! Pure: it is given the rows that bear the name, and decides. The same bytes are never stored
//! twice under one name, and no other bytes are ever overwritten.

use super::OnConflict;
use crate::platform::ids::Id;

/// A file of the same tag that has the uploaded name, or asked for it and was given another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namesake {
    pub id: Id,
    pub name: String,
    pub sha256: String,
    /// Whether it lives; else it lies in the trash.
    pub live: bool,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// These bytes stand there already: answer with this file.
    Duplicate(Id),
    /// These bytes lie in the trash: bring this file back.
    Revive { id: Id, place: Place },
    /// Store a new file.
    Insert(Place),
    /// Refuse.
    Reject,
}

/// Where the file goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Under its own name, which is free.
    Name,
    /// Under the next free `name (n).ext`.
    Numbered,
    /// Under its own name; the file that has it goes to the trash.
    InsteadOf(Id),
}

/// Decides about bytes `sha256` uploaded as `name`.
#[must_use]
pub fn decide(name: &str, sha256: &str, namesakes: &[Namesake], on_conflict: OnConflict) -> Decision {
    let holder = namesakes.iter().find(|file| file.live && file.name == name);
    if let Some(same) = holder.filter(|file| file.sha256 == sha256) {
        return Decision::Duplicate(same.id);
    }
    if on_conflict == OnConflict::Rename {
        let renamed = namesakes.iter().find(|file| file.live && file.sha256 == sha256);
        if let Some(same) = renamed {
            return Decision::Duplicate(same.id);
        }
    }
    let place = match (holder, on_conflict) {
        (None, _) => Place::Name,
        (Some(_), OnConflict::Rename) => Place::Numbered,
        (Some(other), OnConflict::Replace) => Place::InsteadOf(other.id),
        (Some(_), OnConflict::Reject) => return Decision::Reject,
    };
    let buried = namesakes.iter().filter(|file| !file.live && file.sha256 == sha256);
    match buried.max_by_key(|file| (file.name == name, file.id)) {
        Some(file) => Decision::Revive { id: file.id, place },
        None => Decision::Insert(place),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use OnConflict::{Reject, Rename, Replace};

    fn file(id: i64, name: &str, sha256: &str, live: bool) -> Namesake {
        Namesake { id: Id(id), name: name.into(), sha256: sha256.into(), live }
    }

    #[test]
    fn a_free_name_is_taken_whatever_the_mode() {
        for mode in [Rename, Reject, Replace] {
            assert_eq!(decide("a", "x", &[], mode), Decision::Insert(Place::Name));
        }
    }

    #[test]
    fn a_retry_finds_its_bytes() {
        for mode in [Rename, Reject, Replace] {
            assert_eq!(decide("a", "x", &[file(1, "a", "x", true)], mode), Decision::Duplicate(Id(1)));
        }
    }

    #[test]
    fn a_retry_of_renamed_bytes_finds_them() {
        let files = [file(1, "a", "x", true), file(2, "a (2)", "y", true)];
        assert_eq!(decide("a", "y", &files, Rename), Decision::Duplicate(Id(2)));
        assert_eq!(decide("a", "y", &files, Reject), Decision::Reject);
        assert_eq!(decide("a", "y", &files, Replace), Decision::Insert(Place::InsteadOf(Id(1))));
    }

    #[test]
    fn other_bytes_go_by_the_mode() {
        let files = [file(1, "a", "x", true)];
        assert_eq!(decide("a", "y", &files, Rename), Decision::Insert(Place::Numbered));
        assert_eq!(decide("a", "y", &files, Reject), Decision::Reject);
        assert_eq!(decide("a", "y", &files, Replace), Decision::Insert(Place::InsteadOf(Id(1))));
    }

    #[test]
    fn bytes_in_the_trash_come_back() {
        let buried = file(1, "a", "x", false);
        let revived = |place| Decision::Revive { id: Id(1), place };
        assert_eq!(decide("a", "x", std::slice::from_ref(&buried), Rename), revived(Place::Name));
        let files = [buried, file(2, "a", "y", true)];
        assert_eq!(decide("a", "x", &files, Rename), revived(Place::Numbered));
        assert_eq!(decide("a", "x", &files, Replace), revived(Place::InsteadOf(Id(2))));
        assert_eq!(decide("a", "x", &files, Reject), Decision::Reject);
        assert_eq!(decide("a", "z", &files[..1], Rename), Decision::Insert(Place::Name));
    }
}
