//! The bits of one entropy-coded segment.
//!
//! This is the innermost loop of every thumbnail, so it works on 64 bits at a time. What always holds: it never
//! reads across a marker or past the end; what is asked for beyond that are zeros, and [`Bits::overrun`] says so.

/// A reader of entropy-coded bytes, first bit first, that takes the stuffed zero out of every `FF 00`.
#[derive(Clone, Copy)]
pub(super) struct Bits<'a> {
    data: &'a [u8],
    pos: usize,
    /// The next bits, aligned to the top. Below `count` there may stand true bits that aren't counted yet.
    acc: u64,
    count: u32,
    /// How many of the bits handed to `acc` were made up behind the end.
    padding: u64,
}

impl<'a> Bits<'a> {
    /// Starts at byte `pos` of `data`.
    pub(super) fn new(data: &'a [u8], pos: usize) -> Self {
        Self { data, pos, acc: 0, count: 0, padding: 0 }
    }

    /// The same data, from byte `pos` on.
    pub(super) fn at(&self, pos: usize) -> Self {
        Self::new(self.data, pos)
    }

    /// Makes at least 32 bits available: enough for the longest code (16) and its longest value (16).
    #[inline]
    pub(super) fn refill(&mut self) {
        if self.count < 32 {
            self.refill_fully();
        }
    }

    /// Makes at least 56 bits available. Asking nothing first is faster where the answer can't be foreseen.
    #[inline]
    pub(super) fn refill_fully(&mut self) {
        const ONES: u64 = 0x0101_0101_0101_0101;
        const TOPS: u64 = 0x8080_8080_8080_8080;
        if let Some(chunk) = self.data.get(self.pos..).and_then(|rest| rest.first_chunk::<8>()) {
            let word = u64::from_be_bytes(*chunk);
            // No byte of the word is FF: then none of them is a marker or has a stuffed zero behind it.
            if (!word).wrapping_sub(ONES) & word & TOPS == 0 {
                self.acc |= word >> self.count;
                let bytes = (63 - self.count) >> 3;
                self.pos += bytes as usize;
                self.count += bytes * 8;
                return;
            }
        }
        self.refill_slowly();
    }

    #[cold]
    fn refill_slowly(&mut self) {
        while self.count < 56 {
            let byte = match (self.data.get(self.pos), self.data.get(self.pos + 1)) {
                (Some(0xFF), Some(0)) => {
                    self.pos += 2;
                    0xFF
                }
                (Some(0xFF) | None, _) => {
                    self.padding += 8;
                    0
                }
                (Some(&byte), _) => {
                    self.pos += 1;
                    byte
                }
            };
            self.acc |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// The next `N` bits (1 to 32), without taking them.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "at most 32 bits are left after the shift")]
    pub(super) fn peek<const N: u32>(&self) -> usize {
        (self.acc >> (64 - N)) as usize
    }

    /// Takes `n` bits that were peeked at (at most 32 after a refill).
    #[inline]
    pub(super) fn consume(&mut self, n: u32) {
        self.acc <<= n;
        self.count = self.count.wrapping_sub(n);
    }

    /// Takes `n` bits (at most 16) as a number. The caller has refilled.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "at most 16 bits are left after the shift")]
    pub(super) fn take(&mut self, n: u32) -> i32 {
        // In two steps, so that n may be 0.
        let value = (self.acc >> 1 >> (63 - n)) as i32;
        self.consume(n);
        value
    }

    /// Takes a value of `size` bits (at most 16) in JPEG's own signed form. The caller has refilled.
    #[inline]
    pub(super) fn take_signed(&mut self, size: u32) -> i32 {
        let negative = i32::from(self.acc >> 63 == 0);
        self.take(size) - negative * ((1 << size) - 1)
    }

    /// Takes one bit, refilling where needed.
    #[inline]
    pub(super) fn bit(&mut self) -> bool {
        self.refill();
        let set = self.acc >> 63 == 1;
        self.consume(1);
        set
    }

    /// Were bits taken that aren't in the file? Then the picture is cut short.
    #[inline]
    pub(super) fn overrun(&self) -> bool {
        self.padding > u64::from(self.count)
    }

    /// Forgets the bits at hand and looks for the next marker: its code and the place behind it. `None` at the end.
    pub(super) fn next_marker(&self) -> Option<(u8, usize)> {
        find_marker(self.data, self.pos)
    }
}

/// The first marker at or behind `from` (stuffed zeros and fill bytes are none) and the place behind it.
pub(super) fn find_marker(data: &[u8], from: usize) -> Option<(u8, usize)> {
    let mut pos = from;
    loop {
        pos += memchr::memchr(0xFF, data.get(pos..)?)? + 1;
        match data.get(pos)? {
            0 | 0xFF => {}
            &code => return Some((code, pos + 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stuffing_is_removed_and_the_end_is_noticed() {
        let data = [0xA5, 0xFF, 0x00, 0x12, 0xFF, 0xD9];
        let mut bits = Bits::new(&data, 0);
        bits.refill();
        assert_eq!(bits.take(16), 0xA5FF);
        assert_eq!(bits.take(8), 0x12);
        assert!(!bits.overrun());
        assert_eq!(bits.next_marker(), Some((0xD9, 6)));
        assert!(!bits.bit());
        assert!(bits.overrun());
    }

    #[test]
    fn long_runs_agree_with_single_bits() {
        let data: Vec<u8> = (0..200u32).map(|i| u8::try_from(i * 37 % 251).unwrap()).collect();
        let mut bits = Bits::new(&data, 0);
        for (at, byte) in data.iter().enumerate() {
            bits.refill();
            assert_eq!(bits.take(3), i32::from(byte >> 5), "byte {at}");
            assert_eq!(bits.take(5), i32::from(byte & 31), "byte {at}");
        }
        assert!(!bits.overrun());
    }

    #[test]
    fn signed_values_follow_the_standard() {
        let mut bits = Bits::new(&[0b0101_1000, 0, 0, 0], 0);
        bits.refill();
        assert_eq!(bits.take_signed(2), -2);
        assert_eq!(bits.take_signed(2), -2);
        assert_eq!(bits.take_signed(1), 1);
        assert_eq!(bits.take_signed(0), 0);
    }
}
