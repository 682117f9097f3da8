//! The source of chance: the same seed gives the same draws on every machine and in every version.
//!
//! What always holds: nothing here depends on how a crate draws numbers. The words are the
//! keystream of `ChaCha20` (RFC 8439's block function, all-zero nonce) under a key that the seed gives; how a word
//! becomes a number below a bound, and how numbers become an order, is written here. Whoever changes
//! either gives [`ALGORITHM`] a new name.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use ring::digest::{Context, SHA256};

/// What is recorded with every split.
pub const ALGORITHM: &str = "granary-split-1 (chacha20, fisher-yates)";

/// Stands before the seed in the key, so that no other use of a seed draws the same numbers.
const DOMAIN: &[u8] = b"granary-split-1";

/// Draws numbers and orders.
pub struct Generator(ChaCha20Rng);

impl Generator {
    /// The generator of a seed: its key is SHA-256 of `granary-split-1` and the seed as 8 bytes, little-endian.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut digest = Context::new(&SHA256);
        digest.update(DOMAIN);
        digest.update(&seed.to_le_bytes());
        Self(ChaCha20Rng::from_seed(digest.finish().as_ref().try_into().unwrap_or_default()))
    }

    /// A number below `bound`, each as likely as any other; 0 where `bound` is 0. Lemire's method: the upper half of
    /// a 64-bit word (two words of the keystream, the lower first) times the bound, drawn again in the rare case that
    /// the lower half would favour some numbers.
    pub fn below(&mut self, bound: u64) -> u64 {
        let (mut high, mut low) = self.draw(bound);
        if low < bound {
            let favoured = bound.wrapping_neg() % bound;
            while low < favoured {
                (high, low) = self.draw(bound);
            }
        }
        high
    }

    fn draw(&mut self, bound: u64) -> (u64, u64) {
        let product = u128::from(self.0.next_u64()) * u128::from(bound);
        (halves(product >> 64), halves(product))
    }

    /// Puts the items in an order that is as likely as any other (Fisher and Yates, from the last down).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = usize::try_from(self.below(last as u64 + 1)).unwrap_or(last);
            items.swap(last, other);
        }
    }
}

/// The lower 64 bits.
#[expect(clippy::cast_possible_truncation, reason = "that is what it is for")]
fn halves(product: u128) -> u64 {
    product as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keystream_is_that_of_the_standard() {
        // RFC 8439, appendix A.1, first vector: an all-zero key and nonce.
        let mut zero = Generator(ChaCha20Rng::from_seed([0; 32]));
        assert_eq!(zero.0.next_u64().to_le_bytes(), [0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90]);
        assert_eq!(zero.0.next_u64().to_le_bytes(), [0x40, 0x5d, 0x6a, 0xe5, 0x53, 0x86, 0xbd, 0x28]);
    }

    #[test]
    fn draws_stay_below_and_reach_all() {
        let mut generator = Generator::new(1);
        assert_eq!(generator.below(0), 0);
        assert_eq!(generator.below(1), 0);
        let mut seen = [0; 6];
        for _ in 0..6000 {
            seen[usize::try_from(generator.below(6)).unwrap()] += 1;
        }
        assert!(seen.iter().all(|count| (850..1150).contains(count)), "{seen:?}");
        assert!((0..100).all(|_| generator.below(u64::MAX) < u64::MAX));
    }

    #[test]
    fn all_orders_are_as_likely() {
        let mut seen = std::collections::BTreeMap::new();
        let mut generator = Generator::new(2);
        for _ in 0..6000 {
            let mut items = [0, 1, 2];
            generator.shuffle(&mut items);
            *seen.entry(items).or_insert(0) += 1;
        }
        assert_eq!(seen.len(), 6);
        assert!(seen.values().all(|count| (850..1150).contains(count)), "{seen:?}");
    }
}
