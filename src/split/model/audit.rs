//! Pairs that leak: images that belong together but stand in different sets.
//!
//! What always holds: the list is never longer than the images times the kinds, however many of them are the same.
//! Each image is listed against one other that represents what it leaks into, not against all of them: the first one
//! of another set for `same` and `group`, the most similar one of another set for `near`.

use std::collections::HashSet;

use super::group::Mark;
use super::near;

/// One image as the audit sees it.
#[derive(Debug, Clone, Copy)]
pub struct Image {
    /// Whether it is of the task that is looked at, not of one it is held against.
    pub is_own: bool,
    pub set: u8,
    /// Digests of its bytes and of its key.
    pub bytes: Option<Mark>,
    pub key: Option<Mark>,
    pub look: Option<u64>,
}

/// How two images belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The same bytes.
    Same,
    /// Near-identical pictures.
    Near,
    /// The same value of the caller's key.
    Group,
}

impl Kind {
    /// The word in the answer.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Near => "near",
            Self::Group => "group",
        }
    }
}

/// A pair, by the places of its images; `a` is of the task that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leak {
    pub kind: Kind,
    pub a: u32,
    pub b: u32,
    /// Bits in which the fingerprints differ; only for [`Kind::Near`].
    pub distance: Option<u32>,
}

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// By kind, then by place.
    pub leaks: Vec<Leak>,
    /// Images that too many are too like to be compared with all: leaks of theirs may be missing.
    pub busy: u64,
}

/// All leaks within the task and from it to the others. Own images come before the others.
#[must_use]
pub fn leaks(images: &[Image], distance: u32) -> Found {
    let mut leaks = equal(images, Kind::Same, |image| image.bytes);
    let busy = nearest(images, distance, &mut leaks);
    leaks.extend(equal(images, Kind::Group, |image| image.key));
    leaks.sort_unstable();
    Found { leaks, busy }
}

/// Leaks between images whose marks are equal.
fn equal(images: &[Image], kind: Kind, mark: impl Fn(&Image) -> Option<Mark>) -> Vec<Leak> {
    let mut marked: Vec<(Mark, u32)> =
        images.iter().zip(0..).filter_map(|(image, at)| Some((mark(image)?, at))).collect();
    marked.sort_unstable();
    let mut leaks = Vec::new();
    for alike in marked.chunk_by(|a, b| a.0 == b.0) {
        let firsts = Firsts::of(images, alike.iter().map(|(_, at)| *at));
        let Some(first) = firsts.first else { continue };
        for &(_, at) in alike {
            let image = &images[at as usize];
            // Among the task's own images, all are held against the first; foreign ones against any of another set.
            let other = if image.is_own { Some(first) } else { firsts.outside(image.set) };
            let leaks_into = other.filter(|&a| images[a as usize].set != image.set);
            leaks.extend(leaks_into.map(|a| Leak { kind, a, b: at, distance: None }));
        }
    }
    leaks
}

/// The first own image of some that are alike: of all, and in each set.
#[derive(Clone, Copy, Default)]
struct Firsts {
    first: Option<u32>,
    in_set: [Option<u32>; 3],
}

impl Firsts {
    fn of(images: &[Image], places: impl Iterator<Item = u32>) -> Self {
        let mut firsts = Self::default();
        for at in places.filter(|at| images[*at as usize].is_own) {
            firsts.first.get_or_insert(at);
            firsts.in_set[usize::from(images[at as usize].set)].get_or_insert(at);
        }
        firsts
    }

    /// The first one that stands in another set.
    fn outside(&self, set: u8) -> Option<u32> {
        (0..3).filter(|&other| other != usize::from(set)).filter_map(|other| self.in_set[other]).min()
    }
}

/// For each look and set: the own image of that set which looks most like it, and how far it is.
type Nearest = [Option<(u32, u32)>; 3];

/// Adds leaks between pictures that look alike; how many images were not compared with all.
fn nearest(images: &[Image], distance: u32, leaks: &mut Vec<Leak>) -> u64 {
    let mut looks: Vec<(u64, u32)> = images.iter().zip(0..).filter_map(|(image, at)| Some((image.look?, at))).collect();
    looks.sort_unstable();
    let alike = || looks.chunk_by(|a, b| a.0 == b.0);
    let distinct: Vec<u64> = alike().map(|alike| alike[0].0).collect();
    let firsts: Vec<Firsts> = alike().map(|alike| Firsts::of(images, alike.iter().map(|(_, at)| *at))).collect();
    let mut nearest: Vec<Nearest> =
        firsts.iter().map(|firsts| firsts.in_set.map(|first| first.map(|first| (0, first)))).collect();
    let busy = near::pairs(&distinct, distance, |a, b, differing| {
        for (from, to) in [(a as usize, b as usize), (b as usize, a as usize)] {
            for (nearest, first) in nearest[to].iter_mut().zip(firsts[from].in_set) {
                let offered = first.map(|first| (differing, first));
                *nearest = [*nearest, offered].into_iter().flatten().min();
            }
        }
    });
    let mut seen = HashSet::new();
    for (alike, nearest) in alike().zip(&nearest) {
        for &(_, at) in alike {
            let image = &images[at as usize];
            let others = (0..3).filter(|&set| set != usize::from(image.set)).filter_map(|set| nearest[set]);
            let Some((differing, other)) = others.min() else { continue };
            let is_same = image.bytes.is_some() && images[other as usize].bytes == image.bytes;
            let pair = if image.is_own { (at.min(other), at.max(other)) } else { (other, at) };
            if !is_same && seen.insert(pair) {
                leaks.push(Leak { kind: Kind::Near, a: pair.0, b: pair.1, distance: Some(differing) });
            }
        }
    }
    near::images(&looks, &busy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(is_own: bool, set: u8) -> Image {
        Image { is_own, set, bytes: None, key: None, look: None }
    }

    fn found(images: &[Image]) -> Vec<(Kind, u32, u32, Option<u32>)> {
        leaks(images, 6).leaks.into_iter().map(|leak| (leak.kind, leak.a, leak.b, leak.distance)).collect()
    }

    #[test]
    fn the_same_bytes_in_two_sets_leak() {
        let same = |is_own, set| Image { bytes: Some([1; 16]), look: Some(5), ..image(is_own, set) };
        let images = [same(true, 0), same(true, 0), same(true, 1), image(true, 1), same(false, 0), same(false, 2)];
        let kind = Kind::Same;
        assert_eq!(found(&images), [(kind, 0, 2, None), (kind, 0, 5, None), (kind, 2, 4, None)]);
    }

    #[test]
    fn a_huge_bucket_gives_no_square() {
        let images: Vec<Image> = (0..3000_u16)
            .map(|at| Image { key: Some([2; 16]), look: Some(0), ..image(true, u8::from(at % 3 == 0)) })
            .collect();
        let leaks = found(&images);
        assert_eq!(leaks.iter().filter(|leak| leak.0 == Kind::Group).count(), 2000);
        assert!(leaks.iter().filter(|leak| leak.0 == Kind::Near).count() <= 3000);
    }

    #[test]
    fn each_image_is_listed_with_the_most_similar_of_another_set() {
        let looks = |is_own, set, look| Image { look: Some(look), ..image(is_own, set) };
        let images = [
            looks(true, 0, 0),
            looks(true, 0, 0b1),
            looks(true, 1, 0b111),
            looks(true, 1, u64::MAX),
            looks(false, 1, 0b1),
            looks(false, 0, 0b11),
        ];
        let kind = Kind::Near;
        assert_eq!(
            found(&images),
            [(kind, 0, 2, Some(3)), (kind, 1, 2, Some(2)), (kind, 1, 4, Some(0)), (kind, 2, 5, Some(1))]
        );
    }

    #[test]
    fn foreign_images_among_themselves_are_not_listed() {
        let foreign = |set| Image { bytes: Some([1; 16]), key: Some([2; 16]), look: Some(5), ..image(false, set) };
        assert_eq!(found(&[foreign(0), foreign(1)]), []);
    }
}
