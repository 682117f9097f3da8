//! The scans of progressive pictures: each refines a band of coefficients that is kept for the whole picture.
//!
//! What always holds: a block is only written within `0..=end` of its kept coefficients, whatever the data say.

use super::huffman::Table;
use super::scan::State;
use super::{Broken, broken};

/// The band (first to last coefficient, zigzag) and the bits (from `high` down to `low`) that a scan brings.
#[derive(Clone, Copy)]
pub(super) struct Band {
    pub(super) start: usize,
    end: usize,
    pub(super) high: u8,
    low: u8,
}

impl Band {
    /// What every scan of a sequential picture brings.
    pub(super) const WHOLE: Self = Self { start: 0, end: 63, high: 0, low: 0 };

    /// Reads the three bytes at a scan header's end; `parts` is the number of components in the scan.
    pub(super) fn new(tail: &[u8], parts: usize) -> Result<Self, Broken> {
        let &[start, end, bits] = tail else {
            return Err(broken("short scan header"));
        };
        let band = Self { start: start.into(), end: end.into(), high: bits >> 4, low: bits & 15 };
        let fits = if start == 0 { end == 0 } else { start <= end && end < 64 && parts == 1 };
        if !fits || band.low > 13 || band.high > 13 {
            return Err(broken("progressive scan header"));
        }
        Ok(band)
    }

    /// Notes what the scan brings, in the lowest bits brought so far.
    pub(super) fn note(self, brought: &mut [u8; 64]) {
        brought[self.start..=self.end].fill(self.low);
    }

    /// Reads what the scan holds of one block.
    #[inline]
    pub(super) fn decode(
        self,
        state: &mut State,
        component: usize,
        dc: Option<&Table>,
        ac: Option<&Table>,
        block: &mut [i16],
    ) -> Result<(), Broken> {
        match (self.start, self.high, dc, ac) {
            (0, 0, Some(table), _) => self.first_dc(state, component, table, block),
            (0, ..) => {
                let bit = i16::from(state.bits.bit()) << self.low;
                block[0] |= bit;
                Ok(())
            }
            (_, 0, _, Some(table)) => self.first_ac(state, table, block),
            (_, _, _, Some(table)) => self.refine_ac(state, table, block),
            _ => Err(broken("missing Huffman table")),
        }
    }

    fn first_dc(self, state: &mut State, component: usize, table: &Table, block: &mut [i16]) -> Result<(), Broken> {
        state.bits.refill();
        let size = table.symbol(&mut state.bits)?;
        if size > 15 {
            return Err(broken("DC size"));
        }
        let mean = &mut state.dc[component];
        *mean = mean.wrapping_add(state.bits.take_signed(size));
        block[0] = clamped(*mean, self.low);
        Ok(())
    }

    fn first_ac(self, state: &mut State, table: &Table, block: &mut [i16]) -> Result<(), Broken> {
        if state.end_of_band > 0 {
            state.end_of_band -= 1;
            return Ok(());
        }
        let mut k = self.start;
        while k <= self.end {
            state.bits.refill();
            let symbol = table.symbol(&mut state.bits)?;
            let (run, size) = (symbol >> 4, symbol & 15);
            if size == 0 && run != 15 {
                state.end_of_band = end_of_band(state, run) - 1;
                break;
            }
            k += run as usize;
            let value = state.bits.take_signed(size);
            if size > 0 && k <= self.end {
                block[k] = clamped(value, self.low);
            }
            k += 1;
        }
        Ok(())
    }

    fn refine_ac(self, state: &mut State, table: &Table, block: &mut [i16]) -> Result<(), Broken> {
        let bit = 1i16 << self.low;
        let mut k = self.start;
        if state.end_of_band == 0 {
            while k <= self.end {
                state.bits.refill();
                let symbol = table.symbol(&mut state.bits)?;
                let (run, size) = (symbol >> 4, symbol & 15);
                let value = match size {
                    0 if run != 15 => {
                        state.end_of_band = end_of_band(state, run);
                        break;
                    }
                    0 => 0,
                    1 if state.bits.take(1) == 1 => bit,
                    1 => -bit,
                    _ => return Err(broken("refinement of more than one bit")),
                };
                k = self.refine_until(state, block, k, run);
                if value != 0 && k <= self.end {
                    block[k] = value;
                }
                k += 1;
            }
        }
        if state.end_of_band > 0 {
            self.refine_until(state, block, k, u32::MAX);
            state.end_of_band -= 1;
        }
        Ok(())
    }

    /// Refines the coefficients that aren't zero, from `k` on, until `zeros` that are zero have been passed: answers
    /// the place of the next zero, or one past the band.
    fn refine_until(self, state: &mut State, block: &mut [i16], mut k: usize, mut zeros: u32) -> usize {
        let bit = 1i16 << self.low;
        while k <= self.end {
            let value = block[k];
            if value == 0 {
                if zeros == 0 {
                    return k;
                }
                zeros -= 1;
            } else if state.bits.bit() && value & bit == 0 {
                block[k] = value.saturating_add(if value > 0 { bit } else { -bit });
            }
            k += 1;
        }
        k
    }
}

/// The number of blocks, from this one on, in which the band holds no more.
fn end_of_band(state: &mut State, run: u32) -> u32 {
    (1 << run) + state.bits.take(run).cast_unsigned()
}

fn clamped(value: i32, shift: u8) -> i16 {
    let value = value.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) << shift;
    i16::try_from(value).unwrap_or(if value < 0 { i16::MIN } else { i16::MAX })
}
