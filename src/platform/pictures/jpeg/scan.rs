//! Walks the blocks of a scan: which block comes next, restart markers, the DC prediction.
//!
//! What always holds: before a scan starts, all that it names (components, tables) is known to exist, so the inner
//! loops have no way to fail but bad data; after each MCU the reader is asked whether it ran past the end.

use super::bits::{Bits, find_marker};
use super::huffman::Table;
use super::progressive::Band;
use super::samples::Transform;
use super::{Broken, Component, Decoder, broken};

/// Zigzag order: the place (row * 8 + column) of each coefficient.
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// What a scan header says.
pub(super) struct Scan {
    /// Index of the component, of its DC table and of its AC table.
    parts: Vec<(usize, usize, usize)>,
    band: Band,
}

/// What goes on from block to block within a scan, until the next restart marker.
pub(super) struct State<'a> {
    pub(super) bits: Bits<'a>,
    pub(super) dc: [i32; 4],
    pub(super) end_of_band: u32,
}

impl<'a> State<'a> {
    fn new(data: &'a [u8], pos: usize) -> Self {
        Self { bits: Bits::new(data, pos), dc: [0; 4], end_of_band: 0 }
    }
}

impl Decoder<'_> {
    /// Reads the scan whose data start at `pos`; answers where they end.
    pub(super) fn scan(&mut self, header: &[u8], pos: usize) -> Result<usize, Broken> {
        let scan = self.scan_header(header)?;
        for &(component, ..) in &scan.parts {
            scan.band.note(&mut self.components[component].brought);
        }
        if self.progressive && scan.band.start > 0 && self.kept == 1 {
            return Ok(self.pass_over(pos));
        }
        for &(component, dc, ac) in &scan.parts {
            let wants_means = scan.band.start == 0 && scan.band.high == 0;
            let wants_bands = !self.progressive || scan.band.start > 0;
            if wants_means && self.dc[dc].is_none() || wants_bands && self.ac[ac].is_none() {
                return Err(broken("missing Huffman table"));
            }
            if !self.progressive && (self.components[component].seen || self.quant(component).is_none()) {
                return Err(broken("scan twice, or missing quantisation table"));
            }
        }
        // Taken out while they are written to, so that the tables can be read beside them.
        let mut components = std::mem::take(&mut self.components);
        let end = self.blocks(&scan, &mut components, pos);
        for &(component, ..) in &scan.parts {
            components[component].seen |= scan.band.start == 0;
        }
        self.components = components;
        end
    }

    fn scan_header(&self, header: &[u8]) -> Result<Scan, Broken> {
        let short = || broken("short scan header");
        let count = usize::from(*header.first().ok_or_else(short)?);
        let specs = header.get(1..1 + 2 * count).ok_or_else(short)?;
        let tail = header.get(1 + 2 * count..4 + 2 * count).ok_or_else(short)?;
        let mut parts: Vec<(usize, usize, usize)> = Vec::with_capacity(4);
        for spec in specs.chunks_exact(2) {
            let found = self.components.iter().position(|c| c.id == spec[0]);
            let component = found.ok_or_else(|| broken("scan of an unknown component"))?;
            let (dc, ac) = (usize::from(spec[1] >> 4), usize::from(spec[1] & 15));
            if dc > 3 || ac > 3 || parts.iter().any(|&(other, ..)| other == component) {
                return Err(broken("scan header"));
            }
            parts.push((component, dc, ac));
        }
        let band = if self.progressive { Band::new(tail, parts.len())? } else { Band::WHOLE };
        if parts.is_empty() {
            return Err(broken("empty scan"));
        }
        Ok(Scan { parts, band })
    }

    fn quant(&self, component: usize) -> Option<[u16; 64]> {
        self.quant.get(self.components[component].quant).copied().flatten()
    }

    /// The end of a scan that isn't wanted.
    fn pass_over(&self, mut pos: usize) -> usize {
        while let Some((code, behind)) = find_marker(self.data, pos) {
            if !matches!(code, 0xD0..=0xD7) {
                return behind - 2;
            }
            pos = behind;
        }
        self.data.len()
    }

    fn writers(&self, scan: &Scan, components: &[Component]) -> Vec<Writer<'_>> {
        let mut writers = Vec::with_capacity(4);
        for &(index, dc, ac) in &scan.parts {
            let c = &components[index];
            let quant = self.quant.get(c.quant).copied().flatten().unwrap_or([1; 64]);
            writers.push(Writer {
                index,
                dc: self.dc[dc].as_ref(),
                ac: self.ac[ac].as_ref(),
                transform: Transform::new(c.cell, &quant),
            });
        }
        writers
    }

    /// Reads all blocks of the scan; answers where its data end.
    fn blocks(&self, scan: &Scan, components: &mut [Component], pos: usize) -> Result<usize, Broken> {
        let mut writers = self.writers(scan, components);
        let alone = scan.parts.len() == 1;
        let (across, down) = if alone { components[scan.parts[0].0].own_blocks } else { self.mcus };
        let mut state = State::new(self.data, pos);
        let mut left = self.restart;
        for y in 0..down {
            for x in 0..across {
                if self.restart > 0 {
                    if left == 0 {
                        state = state.restarted()?;
                        left = self.restart;
                    }
                    left -= 1;
                }
                for writer in &mut writers {
                    let component = &mut components[writer.index];
                    let (h, v) = if alone { (1, 1) } else { (component.h, component.v) };
                    for block_y in y * v..(y + 1) * v {
                        for block_x in x * h..(x + 1) * h {
                            if self.progressive {
                                let at = (block_y * component.blocks.0 + block_x) * self.kept;
                                let block = &mut component.coefficients[at..at + self.kept];
                                scan.band.decode(&mut state, writer.index, writer.dc, writer.ac, block)?;
                            } else {
                                writer.sequential(&mut state, component, block_x, block_y)?;
                            }
                        }
                    }
                }
                if state.bits.overrun() {
                    return Err(broken("cut short"));
                }
            }
        }
        Ok(state.bits.next_marker().map_or(self.data.len(), |(_, behind)| behind - 2))
    }
}

impl State<'_> {
    /// The state behind the next restart marker, which must be the next marker.
    fn restarted(&self) -> Result<Self, Broken> {
        match self.bits.next_marker() {
            Some((0xD0..=0xD7, pos)) => Ok(Self { bits: self.bits.at(pos), dc: [0; 4], end_of_band: 0 }),
            Some(_) => Err(broken("restart marker is missing")),
            None => Err(broken("cut short")),
        }
    }
}

/// One component's tables within a sequential scan.
struct Writer<'t> {
    index: usize,
    dc: Option<&'t Table>,
    ac: Option<&'t Table>,
    transform: Transform,
}

impl Writer<'_> {
    #[inline]
    fn sequential(&mut self, state: &mut State, component: &mut Component, x: usize, y: usize) -> Result<(), Broken> {
        let (Some(dc), Some(ac)) = (self.dc, self.ac) else {
            return Err(broken("missing Huffman table"));
        };
        let bits = &mut state.bits;
        bits.refill();
        let size = dc.symbol(bits)?;
        if size > 15 {
            return Err(broken("DC size"));
        }
        let mean = &mut state.dc[self.index];
        *mean = mean.wrapping_add(bits.take_signed(size));
        self.transform.set_mean(*mean);
        let mut k = 1;
        while k <= self.transform.last() {
            bits.refill();
            let symbol = ac.symbol(bits)?;
            let (run, size) = ((symbol >> 4) as usize, symbol & 15);
            if size == 0 && run != 15 {
                k = 64;
                break;
            }
            k += run;
            let value = bits.take_signed(size);
            self.transform.set(k, value);
            k += 1;
        }
        ac.skip(bits, k)?;
        self.transform.write(&mut component.plane, x, y);
        Ok(())
    }
}
