//! Pairs of fingerprints that differ in few bits, without comparing all with all.
//!
//! Two fingerprints that differ in at most `d` of 64 bits are equal in at least one of `d + 1` bands of bits. So they
//! are sorted by each band in turn, and only those that are equal there are compared: for 100,000 fingerprints some 70
//! million comparisons in place of 5 billion. Where very many are equal in a band, the bits in which those still vary are
//! parted into bands once more, and so on while `MOST_STEPS` last. What always holds: no pair is seen twice, and
//! fingerprints that weren't compared with all that may be near are named.

/// Bits in which two pictures may differ and still count as near-identical.
///
/// Measured on photographs: another JPEG quality (60, 20), half and quarter size, up to 40 grey levels more light and a soft
/// blur change no bit, 15 % more contrast 2, cutting 0.5 or 1 % off each side 2, 2 % 4 to 8, and 5 % 12 and more. Any two of
/// 51 different pictures differ in 16 to 46. So 6 finds copies that were compressed, scaled, brightened or slightly cut, and
/// stays far from different pictures. (Fingerprints have as many ones as zeros, so distances are even.)
pub const DISTANCE: u32 = 6;

/// Fingerprints that are equal in one band beyond this many are not compared all with all: time would grow with the
/// square.
const BUSIEST: usize = 1 << 15;

/// Comparisons that dividing such bands further may cost in all: some ten seconds.
const MOST_STEPS: u64 = 1 << 33;

/// What sorting costs for each fingerprint, in comparisons.
const SORTING: u64 = 16;

/// Calls `visit` once for each pair of places in `looks` whose fingerprints differ in at most `distance` bits, with the
/// smaller place first, and their distance. `looks` are distinct. Gives the places of those that were not compared with
/// all that may be near, because too many are equal in too many bits; ascending.
pub fn pairs(looks: &[u64], distance: u32, visit: impl FnMut(u32, u32, u32)) -> Vec<u32> {
    pairs_within(looks, distance, BUSIEST, MOST_STEPS, visit)
}

fn pairs_within(
    looks: &[u64],
    distance: u32,
    busiest: usize,
    steps: u64,
    visit: impl FnMut(u32, u32, u32),
) -> Vec<u32> {
    let mut looks: Vec<(u64, u32)> = looks.iter().copied().zip(0..).collect();
    let mut search = Search { distance, busiest, steps, visit, passed_over: vec![false; looks.len()] };
    search.divide(&mut looks, &mut Vec::new(), true);
    search.passed_over.iter().zip(0..).filter_map(|(is_passed_over, place)| is_passed_over.then_some(place)).collect()
}

/// How many images have the looks at these places of the distinct ones; both ascending.
#[must_use]
pub fn images(looks: &[(u64, u32)], places: &[u32]) -> u64 {
    let mut images = 0;
    let mut places = places.iter().peekable();
    for (alike, place) in looks.chunk_by(|a, b| a.0 == b.0).zip(0..) {
        if places.next_if(|next| **next == place).is_some() {
            images += alike.len() as u64;
        }
    }
    images
}

struct Search<V> {
    distance: u32,
    busiest: usize,
    /// Comparisons that are left for dividing.
    steps: u64,
    visit: V,
    /// By place.
    passed_over: Vec<bool>,
}

impl<V: FnMut(u32, u32, u32)> Search<V> {
    /// Looks for pairs by each band of the bits in which these vary. `earlier`: bands in which equal pairs were seen.
    fn divide(&mut self, looks: &mut [(u64, u32)], earlier: &mut Vec<u64>, is_whole: bool) {
        let (all, outer) = (looks.len(), earlier.len());
        for band in bands(varying(looks), self.distance) {
            looks.sort_unstable_by_key(|(look, place)| (look & band, *place));
            for alike in looks.chunk_by_mut(|(a, _), (b, _)| a & band == b & band) {
                let count = alike.len() as u64;
                if alike.len() <= self.busiest {
                    if is_whole || self.affords(count * (count - 1) / 2) {
                        self.compare(alike, earlier);
                        continue;
                    }
                } else if alike.len() < all && self.affords(count * SORTING * u64::from(self.distance + 1)) {
                    self.divide(alike, earlier, false);
                    continue;
                }
                for &(_, place) in &*alike {
                    self.passed_over[place as usize] = true;
                }
            }
            earlier.push(band);
        }
        earlier.truncate(outer);
    }

    fn compare(&mut self, alike: &[(u64, u32)], earlier: &[u64]) {
        for (nth, &(a, first)) in alike.iter().enumerate() {
            for &(b, second) in &alike[nth + 1..] {
                let differing = (a ^ b).count_ones();
                // A pair that is equal in an earlier band, too, was seen there.
                if differing <= self.distance && earlier.iter().all(|band| (a ^ b) & band != 0) {
                    (self.visit)(first, second, differing);
                }
            }
        }
    }

    fn affords(&mut self, steps: u64) -> bool {
        let left = self.steps.checked_sub(steps);
        self.steps = left.unwrap_or(self.steps);
        left.is_some()
    }
}

/// The bits in which not all are equal.
fn varying(looks: &[(u64, u32)]) -> u64 {
    looks.iter().fold(0, |bits, (look, _)| bits | look ^ looks[0].0)
}

/// Masks that share these bits out evenly; empty ones where there are fewer bits than bands.
fn bands(bits: u64, distance: u32) -> Vec<u64> {
    let mut bands = vec![0; distance as usize + 1];
    let count = bits.count_ones() as usize;
    for (nth, bit) in (0..64).filter(|bit| bits >> bit & 1 == 1).enumerate() {
        bands[nth * (distance as usize + 1) / count] |= 1 << bit;
    }
    bands
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn all_near_pairs_are_found_once(
            seeds in prop::collection::btree_set(any::<u64>(), 1..6),
            flips in prop::collection::vec((0_usize..6, prop::collection::vec(0_u32..64, 0..9)), 0..40),
            distance in 0_u32..9,
            busiest in 1_usize..12,
            steps in 0_u64..50_000,
        ) {
            let seeds: Vec<u64> = seeds.into_iter().collect();
            let flipped = |(seed, bits): &(usize, Vec<u32>)| bits.iter().fold(seeds[seed % seeds.len()], |look, bit| look ^ 1 << bit);
            let looks: std::collections::BTreeSet<u64> = seeds.iter().copied().chain(flips.iter().map(flipped)).collect();
            let looks: Vec<u64> = looks.into_iter().collect();
            let mut found = Vec::new();
            pairs(&looks, distance, |a, b, differing| found.push((a, b, differing)));
            found.sort_unstable();
            let mut wanted = Vec::new();
            for a in 0..looks.len() {
                for b in a + 1..looks.len() {
                    let differing = (looks[a] ^ looks[b]).count_ones();
                    if differing <= distance {
                        wanted.push((u32::try_from(a).unwrap(), u32::try_from(b).unwrap(), differing));
                    }
                }
            }
            prop_assert_eq!(found, wanted.clone());
            // With few that are compared at once: no pair twice or wrong, and what is missing is named.
            let mut found = Vec::new();
            let passed_over = pairs_within(&looks, distance, busiest, steps, |a, b, differing| found.push((a, b, differing)));
            found.sort_unstable();
            prop_assert!(found.windows(2).all(|two| two[0] < two[1]));
            prop_assert!(found.iter().all(|pair| wanted.contains(pair)));
            let is_named = |place: &u32| passed_over.binary_search(place).is_ok();
            wanted.retain(|pair| !found.contains(pair));
            prop_assert!(wanted.iter().all(|(a, b, _)| is_named(a) && is_named(b)));
        }
    }

    #[test]
    fn bands_share_out_all_bits() {
        for (bits, distance) in (0..64).flat_map(|distance| [(u64::MAX, distance), (0xF0F0_F0F0 << 8, distance)]) {
            let bands = bands(bits, distance);
            let ones = bands.iter().map(|band| band.count_ones());
            assert!(ones.clone().max().unwrap() - ones.clone().min().unwrap() <= 1);
            assert_eq!(ones.sum::<u32>(), bits.count_ones());
            assert_eq!(bands.iter().fold(0, |all, band| all | band), bits);
        }
    }

    #[test]
    fn a_busy_band_is_divided_further() {
        // All are equal in the first of three bands and scattered in the others, but for one that is unlike them. Some
        // have copies that differ in a bit of each other band.
        let looks: Vec<u64> =
            (0..=BUSIEST as u64).map(|number| number.wrapping_mul(0x9E37_79B9_7F4A_7C15) << 22).collect();
        let copies = looks.iter().step_by(4096).map(|look| look ^ 1 << 40 ^ 1 << 63);
        let looks: Vec<u64> = looks.iter().copied().chain(copies).chain([(1 << 22) - 1]).collect();
        let near = |steps| {
            let mut found = Vec::new();
            let passed_over = pairs_within(&looks, 2, BUSIEST, steps, |a, b, _| found.push((a, b)));
            found.sort_unstable();
            (found, passed_over.len())
        };
        let (found, passed_over) = near(MOST_STEPS);
        let copies = (0..=8).map(|at| (at * 4096, 32_769 + at));
        assert!(copies.clone().all(|pair| found.contains(&pair)), "{found:?}");
        assert_eq!(passed_over, 0);
        let (found, passed_over) = near(0);
        assert!(!copies.clone().any(|pair| found.contains(&pair)), "they are equal in the first band alone");
        assert_eq!(passed_over, looks.len() - 1, "all but the one that is unlike them");
    }

    #[test]
    fn images_of_the_same_look_count_each() {
        assert_eq!(images(&[(3, 0), (3, 4), (5, 1), (9, 2), (9, 3)], &[0, 2]), 4);
        assert_eq!(images(&[(3, 0)], &[]), 0);
    }
}
