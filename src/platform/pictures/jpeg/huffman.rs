//! Huffman tables, built for skipping.
//!
//! A thumbnail needs few coefficients of a block: the rest must be passed over, because a JPEG can't be read from
//! the middle. [`Table::skip`] does that several symbols at a look-up, without ever making their values; this is where the
//! speed against a general decoder comes from. What always holds: tables come from hostile files, so every table
//! that would be ambiguous is refused when it is built, and every code that isn't in it when it is met.

use super::bits::Bits;
use super::{Broken, broken};

/// Bits looked up at once: 11 keeps the tables of luma and chroma within the first-level cache.
const LOOK: u32 = 11;
const LOOK_SIZE: usize = 1 << LOOK;

/// One Huffman table, for DC or AC.
pub(super) struct Table {
    /// By the next `LOOK` bits: symbol << 8 | length of its code; 0 where the code is longer.
    look: Box<[u16; LOOK_SIZE]>,
    /// By the next `LOOK` bits: a [`Step`] over as many AC coefficients as these bits decide.
    steps: Box<[u32; LOOK_SIZE]>,
    /// By the length of the code: the first 16-bit word that is past the codes of that length.
    limits: [u32; 17],
    /// By the length of the code: what to add to a code to get the index of its symbol.
    offsets: [i32; 17],
    symbols: Vec<u8>,
}

/// What a run of whole AC symbols comes to: its bits, the coefficients it passes, whether the block ends with it.
struct Step;

impl Step {
    /// Passes more than a block has: no code is short enough.
    const UNDECIDED: u32 = 0xFF00;

    const fn pack(bits: u32, passed: u32, end: bool) -> u32 {
        bits | passed << 8 | (end as u32) << 16
    }
    const fn bits(step: u32) -> u32 {
        step & 0xFF
    }
    const fn passed(step: u32) -> usize {
        (step >> 8 & 0xFF) as usize
    }
    const fn end(step: u32) -> bool {
        step >> 16 != 0
    }
}

impl Table {
    /// Builds the table from a DHT segment's 16 counts and its symbols.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Result<Self, Broken> {
        let mut table = Self {
            look: Box::new([0; LOOK_SIZE]),
            steps: Box::new([Step::UNDECIDED; LOOK_SIZE]),
            limits: [0; 17],
            offsets: [0; 17],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut index) = (0u32, 0usize);
        for (length, &count) in (1u32..).zip(counts) {
            let at = length as usize;
            table.offsets[at] = i32::try_from(index).map_err(|_| broken("Huffman table"))? - code.cast_signed();
            for _ in 0..count {
                let symbol = *symbols.get(index).ok_or_else(|| broken("short Huffman table"))?;
                if length <= LOOK {
                    let first = (code << (LOOK - length)) as usize;
                    let entries = table.look.get_mut(first..first + (1 << (LOOK - length)));
                    let entries = entries.ok_or_else(|| broken("overfull Huffman table"))?;
                    entries.fill(u16::from(symbol) << 8 | u16::from(length.to_le_bytes()[0]));
                }
                code += 1;
                index += 1;
            }
            if code > 1 << length {
                return Err(broken("overfull Huffman table"));
            }
            table.limits[at] = code << (16 - length);
            code <<= 1;
        }
        table.build_steps();
        Ok(table)
    }

    fn build_steps(&mut self) {
        for (word, step) in self.steps.iter_mut().enumerate() {
            let (mut bits, mut passed) = (0u32, 0u32);
            while bits < LOOK && passed < 48 {
                let entry = self.look[(word << bits) & (LOOK_SIZE - 1)];
                let (length, symbol) = (u32::from(entry & 0xFF), u32::from(entry >> 8));
                if length == 0 || bits + length > LOOK {
                    break;
                }
                let (run, size) = (symbol >> 4, symbol & 15);
                if size == 0 && run != 15 {
                    *step = Step::pack(bits + length, passed, true);
                    break;
                }
                bits += length + size;
                passed += run + 1;
                *step = Step::pack(bits, passed, false);
            }
        }
    }

    /// Takes one symbol. The caller has refilled; at least 16 bits are left for its value.
    #[inline]
    pub(super) fn symbol(&self, bits: &mut Bits) -> Result<u32, Broken> {
        let entry = self.look[bits.peek::<LOOK>()];
        if entry != 0 {
            bits.consume(u32::from(entry & 0xFF));
            return Ok(u32::from(entry >> 8));
        }
        self.long_symbol(bits)
    }

    #[cold]
    fn long_symbol(&self, bits: &mut Bits) -> Result<u32, Broken> {
        let word = bits.peek::<16>();
        for length in 1..=16u32 {
            let at = length as usize;
            if word < self.limits[at] as usize {
                let code = i32::try_from(word >> (16 - length)).map_err(|_| broken("Huffman code"))?;
                let index = usize::try_from(code + self.offsets[at]).map_err(|_| broken("Huffman code"))?;
                bits.consume(length);
                return self.symbols.get(index).map(|&symbol| u32::from(symbol)).ok_or_else(|| broken("Huffman code"));
            }
        }
        Err(broken("Huffman code"))
    }

    /// Passes over the AC coefficients from `k` to the block's end.
    #[inline]
    pub(super) fn skip(&self, bits: &mut Bits, mut k: usize) -> Result<(), Broken> {
        // A copy stays in registers.
        let mut local = *bits;
        while k < 64 {
            local.refill_fully();
            // A step takes at most 26 bits: two of them fit in what a refill brings.
            let mut at = self.step(&mut local, k);
            if at < 64 {
                k = at;
                at = self.step(&mut local, k);
            }
            k = match at {
                ENDED => break,
                UNDECIDED => self.skip_one(&mut local, k)?,
                _ => at,
            };
        }
        *bits = local;
        Ok(())
    }

    #[inline]
    fn step(&self, bits: &mut Bits, k: usize) -> usize {
        let step = self.steps[bits.peek::<LOOK>()];
        let next = k + Step::passed(step);
        // At the block's last coefficient the following bits are the next block's: there, one by one.
        if next >= 64 {
            return UNDECIDED;
        }
        bits.consume(Step::bits(step));
        if Step::end(step) { ENDED } else { next }
    }

    #[cold]
    fn skip_one(&self, bits: &mut Bits, k: usize) -> Result<usize, Broken> {
        bits.refill();
        let symbol = self.symbol(bits)?;
        let (run, size) = (symbol >> 4, symbol & 15);
        if size == 0 && run != 15 {
            return Ok(64);
        }
        bits.consume(size);
        Ok(k + run as usize + 1)
    }
}

/// What [`Table::step`] answers besides the next coefficient.
const ENDED: usize = 64;
const UNDECIDED: usize = 65;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_tables_are_refused() {
        let mut counts = [0; 16];
        counts[0] = 3;
        assert!(Table::new(&counts, &[1, 2, 3]).is_err());
        counts[0] = 2;
        assert!(Table::new(&counts, &[1]).is_err());
        counts[0] = 0;
        counts[15] = 1;
        assert!(Table::new(&counts, &[1]).is_ok());
    }

    #[test]
    fn long_codes_are_found_and_unknown_ones_refused() {
        // One code of each length from 1 to 13: 0, 10, 110, …
        let mut counts = [0; 16];
        counts[..13].fill(1);
        let symbols: Vec<u8> = (1..=13).collect();
        let table = Table::new(&counts, &symbols).unwrap();
        let mut bits = Bits::new(&[0b1111_1111, 0, 0b1111_0101, 0b1111_1111, 0, 0b1111_1111, 0], 0);
        bits.refill();
        assert_eq!(table.symbol(&mut bits).unwrap(), 13);
        assert_eq!(table.symbol(&mut bits).unwrap(), 2);
        assert!(table.symbol(&mut bits).is_err());
    }
}
