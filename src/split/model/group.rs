//! Images that belong together: the same bytes, the same value of the caller's key, or near-identical pictures.
//!
//! Belonging is passed on: where a is like b and b like c, the three are one group. Over pictures that are all rather
//! alike this chaining would make one group of nearly everything, so a chain of looks that grows beyond [`cap`] is not
//! used and is reported; bytes and keys hold whatever their number. Reported, too, are pictures that say nothing about
//! nearness, and those of which too many look alike to compare them all.

use serde::Serialize;

use super::near;

/// A key of which equality is all that matters: the first half of a SHA-256.
pub type Mark = [u8; 16];

/// What is known of the images, each by its place in the order of `order_id`.
#[derive(Debug, Default)]
pub struct Traits {
    /// Digests of their bytes.
    pub bytes: Vec<(Mark, u32)>,
    /// Digests of their keys.
    pub keys: Vec<(Mark, u32)>,
    /// How they look, where that tells them apart.
    pub looks: Vec<(u64, u32)>,
    /// Pictures too plain to have a look.
    pub plain: u64,
}

/// Which images belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    /// The number of each image's group, by first appearance.
    pub of: Vec<u32>,
    /// How many groups there are, those of one image included.
    pub count: u32,
    /// Images in the largest.
    pub largest: u32,
    pub unheld: Unheld,
}

/// Images that nearness alone doesn't hold together, for all that may be near to them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Unheld {
    pub crowded: Crowded,
    /// Pictures too plain to compare.
    pub plain: u64,
    /// Pictures equal to so many others in parts of their looks that they weren't compared with all of them.
    pub busy: u64,
}

/// What was not used because too many pictures look alike.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Crowded {
    /// Chains of looks.
    pub chains: u64,
    /// Images in them.
    pub images: u64,
}

/// The most images that nearness alone may chain together: one in a hundred, at least 1,000.
#[must_use]
pub fn cap(images: usize) -> usize {
    (images / 100).max(1000)
}

/// The groups of so many images.
#[must_use]
pub fn groups(images: usize, traits: Traits, distance: u32) -> Groups {
    let mut union = Union::new(images);
    let Traits { bytes, keys, looks, plain } = traits;
    union.unite_equal(bytes);
    union.unite_equal(keys);
    let (crowded, busy) = unite_near(&mut union, looks, distance, cap(images));
    union.groups(Unheld { crowded, plain, busy })
}

/// Unites images whose looks hang together in chains of at most `cap` images. What was not used, and how many images were
/// not compared with all.
fn unite_near(union: &mut Union, mut looks: Vec<(u64, u32)>, distance: u32, cap: usize) -> (Crowded, u64) {
    looks.sort_unstable();
    let distinct: Vec<u64> = looks.chunk_by(|a, b| a.0 == b.0).map(|alike| alike[0].0).collect();
    let mut chains = Union::new(distinct.len());
    let busy = near::pairs(&distinct, distance, |a, b, _| chains.unite(a, b));
    let busy = near::images(&looks, &busy);
    let mut images = vec![0_usize; distinct.len()];
    for (alike, look) in looks.chunk_by(|a, b| a.0 == b.0).zip(0..) {
        images[chains.root(look) as usize] += alike.len();
    }
    let mut crowded = Crowded::default();
    for &images in images.iter().filter(|images| **images > cap) {
        crowded.chains += 1;
        crowded.images += images as u64;
    }
    let mut first: Vec<Option<u32>> = vec![None; distinct.len()];
    for (alike, look) in looks.chunk_by(|a, b| a.0 == b.0).zip(0..) {
        let chain = chains.root(look) as usize;
        if images[chain] > cap {
            continue;
        }
        for &(_, image) in alike {
            union.unite(*first[chain].get_or_insert(image), image);
        }
    }
    (crowded, busy)
}

/// Disjoint sets of places; the smallest place of a set is its root.
struct Union(Vec<u32>);

impl Union {
    fn new(places: usize) -> Self {
        Self((0..u32::try_from(places).unwrap_or(u32::MAX)).collect())
    }

    fn root(&mut self, mut place: u32) -> u32 {
        while self.0[place as usize] != place {
            // Halves the way for the next who comes along.
            let above = self.0[self.0[place as usize] as usize];
            self.0[place as usize] = above;
            place = above;
        }
        place
    }

    fn unite(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b) as usize] = a.min(b);
    }

    fn unite_equal(&mut self, mut marks: Vec<(Mark, u32)>) {
        marks.sort_unstable();
        for pair in marks.windows(2) {
            if pair[0].0 == pair[1].0 {
                self.unite(pair[0].1, pair[1].1);
            }
        }
    }

    fn groups(mut self, unheld: Unheld) -> Groups {
        let mut of = vec![0; self.0.len()];
        let mut sizes: Vec<u32> = Vec::new();
        for place in 0..u32::try_from(of.len()).unwrap_or(u32::MAX) {
            let root = self.root(place);
            // A root comes before all the others of its group.
            if root == place {
                of[place as usize] = u32::try_from(sizes.len()).unwrap_or(u32::MAX);
                sizes.push(0);
            } else {
                of[place as usize] = of[root as usize];
            }
            sizes[of[place as usize] as usize] += 1;
        }
        let count = u32::try_from(sizes.len()).unwrap_or(u32::MAX);
        Groups { of, count, largest: sizes.into_iter().max().unwrap_or(0), unheld }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(number: u8) -> Mark {
        [number; 16]
    }

    #[test]
    fn belonging_is_passed_on() {
        let traits = Traits {
            bytes: vec![(mark(1), 0), (mark(1), 2), (mark(2), 3)],
            keys: vec![(mark(9), 2), (mark(9), 4)],
            looks: vec![(0b111, 4), (0, 5), (u64::MAX, 6), (u64::MAX, 1)],
            plain: 2,
        };
        let groups = groups(7, traits, 3);
        assert_eq!(groups.of, [0, 1, 0, 2, 0, 0, 1]);
        assert_eq!((groups.count, groups.largest, groups.unheld), (3, 4, Unheld { plain: 2, ..Unheld::default() }));
    }

    #[test]
    fn no_image_no_group() {
        assert_eq!(groups(0, Traits::default(), 6).count, 0);
    }

    #[test]
    fn long_chains_of_looks_are_reported_and_not_used() {
        // A chain of numbers that each differ from the next in one bit (Gray's code), and a pair apart from it.
        let chain = (0..1001_u64).map(|number| number ^ number >> 1);
        let looks = chain.chain([u64::MAX, u64::MAX - 1]).zip(0..).collect();
        let bytes = vec![(mark(1), 5), (mark(1), 6)];
        let groups = groups(1003, Traits { bytes, looks, ..Traits::default() }, 1);
        assert_eq!(groups.unheld.crowded, Crowded { chains: 1, images: 1001 });
        assert_eq!((groups.count, groups.largest), (1001, 2));
        assert_eq!(groups.of[5], groups.of[6]);
        assert_eq!(groups.of[1001], groups.of[1002]);
    }
}
