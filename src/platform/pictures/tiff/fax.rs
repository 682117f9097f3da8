//! Lines as fax machines pack them: modified Huffman, Group 3 of one and two dimensions, Group 4.
//!
//! The tables of codes are the `fax` crate's; the lines are ours, since it reads neither modified Huffman nor
//! two-dimensional Group 3. What always holds: a line's changes never go back and never past its end, each step takes
//! bits, and bits that aren't in the data make the picture cut short. Source: ITU-T T.4, T.6; TIFF 6.0, sections 10
//! and 11.

use std::io;

use fax::maps::{Mode, black, mode, white};
use fax::{BitReader, Color};

use super::layout::Packing;

/// Reads lines of one chunk.
pub(super) struct Fax {
    bits: Bits,
    packing: Packing,
    width: i64,
    /// Where the colour changes in the line above and in this one; it begins with white.
    above: Vec<i64>,
    line: Vec<i64>,
    /// The data said that there are no more lines: the rest is white.
    ended: bool,
}

/// The bits of a chunk, first bit first.
struct Bits {
    data: Vec<u8>,
    at: usize,
}

impl BitReader for Bits {
    type Error = io::Error;

    /// Behind the end there are zeros, which the caller finds out by [`Bits::overrun`].
    fn peek(&self, count: u8) -> Option<u16> {
        let byte = |n: usize| u32::from(self.data.get(self.at / 8 + n).copied().unwrap_or(0));
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        let shift = 24_u32.checked_sub(u32::try_from(self.at % 8).ok()? + u32::from(count))?;
        u16::try_from(word >> shift & ((1 << count) - 1)).ok()
    }

    fn consume(&mut self, count: u8) -> Result<(), io::Error> {
        self.at += usize::from(count);
        if self.overrun() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    fn bits_to_byte_boundary(&self) -> u8 {
        u8::try_from(self.at.wrapping_neg() % 8).unwrap_or(0)
    }
}

impl Bits {
    fn overrun(&self) -> bool {
        self.at > self.data.len() * 8
    }
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

impl Fax {
    pub(super) fn new(data: Vec<u8>, width: usize, packing: Packing) -> Self {
        let width = i64::try_from(width).unwrap_or(i64::MAX);
        Self { bits: Bits { data, at: 0 }, packing, width, above: Vec::new(), line: Vec::new(), ended: false }
    }

    /// Fills `row` with the next line, one bit a pixel, 1 where it is black.
    pub(super) fn row(&mut self, row: &mut [u8]) -> io::Result<()> {
        row.fill(0);
        self.line.clear();
        if !self.ended {
            self.next()
                .map_err(|error| if self.bits.overrun() { io::ErrorKind::UnexpectedEof.into() } else { error })?;
        }
        for run in self.line.chunks(2) {
            blacken(row, run[0], run.get(1).copied().unwrap_or(self.width));
        }
        std::mem::swap(&mut self.above, &mut self.line);
        Ok(())
    }

    fn next(&mut self) -> io::Result<()> {
        match self.packing {
            Packing::Group4 => self.two_dimensional(),
            Packing::Group3 { two_dimensional } => {
                let marks = self.ends_of_lines(two_dimensional)?;
                if marks.count > 1 {
                    self.ended = true;
                    Ok(())
                } else if two_dimensional && marks.count == 1 && !marks.plain {
                    self.two_dimensional()
                } else {
                    self.one_dimensional()
                }
            }
            _ => {
                self.bits.consume(self.bits.bits_to_byte_boundary())?;
                self.one_dimensional()
            }
        }
    }

    /// Takes the marks between lines: eleven zeros or more (of which some are filling), a one, and in two dimensions a
    /// bit that says how the next line is written. Several in a row end the page.
    fn ends_of_lines(&mut self, two_dimensional: bool) -> io::Result<Marks> {
        let mut marks = Marks { count: 0, plain: true };
        while self.bits.peek(11) == Some(0) {
            self.bits.consume(11)?;
            while self.bits.peek(1) == Some(0) {
                self.bits.consume(1)?;
            }
            self.bits.consume(1)?;
            if two_dimensional {
                marks.plain = self.bits.peek(1) == Some(1);
                self.bits.consume(1)?;
            }
            marks.count += 1;
        }
        Ok(marks)
    }

    fn one_dimensional(&mut self) -> io::Result<()> {
        let (mut at, mut colour) = (0, Color::White);
        while at < self.width {
            at += self.run(colour)?;
            self.change(at)?;
            colour = !colour;
        }
        Ok(())
    }

    /// A run of one colour: codes of 64 and more add up until one below it.
    fn run(&mut self, colour: Color) -> io::Result<i64> {
        let mut sum = 0;
        loop {
            let code = match colour {
                Color::White => white::decode(&mut self.bits),
                Color::Black => black::decode(&mut self.bits),
            };
            let length = i64::from(code.ok_or_else(|| invalid("an unknown run"))?);
            sum += length;
            if length < 64 {
                return Ok(sum);
            }
        }
    }

    fn change(&mut self, at: i64) -> io::Result<()> {
        if at < self.line.last().copied().unwrap_or(0) || at > self.width {
            return Err(invalid("a line with changes out of place"));
        }
        self.line.push(at);
        Ok(())
    }

    fn two_dimensional(&mut self) -> io::Result<()> {
        // The first change above may stand at 0, so the line begins before it.
        let (mut at, mut colour, mut search) = (-1, Color::White, 0);
        while at < self.width {
            let (first, second) = self.changes_above(at, colour, &mut search);
            match mode::decode(&mut self.bits).ok_or_else(|| invalid("an unknown mode"))? {
                Mode::Pass => at = second,
                Mode::Horizontal => {
                    let one = at.max(0) + self.run(colour)?;
                    let two = one + self.run(!colour)?;
                    self.change(one)?;
                    self.change(two)?;
                    at = two;
                }
                Mode::Vertical(by) => {
                    at = first + i64::from(by);
                    self.change(at)?;
                    colour = !colour;
                }
                Mode::EOF if self.packing == Packing::Group4 && at < 0 => {
                    self.ended = true;
                    return Ok(());
                }
                Mode::EOF | Mode::Extension => return Err(invalid("a line that ends early")),
            }
        }
        Ok(())
    }

    /// In the line above, the first change behind `at` away from `colour`, and the one behind that. Where there are
    /// none, the end.
    fn changes_above(&self, at: i64, colour: Color, search: &mut usize) -> (i64, i64) {
        let change = |n: usize| self.above.get(n).copied().unwrap_or(self.width);
        while *search > 0 && change(*search - 1) > at {
            *search -= 1;
        }
        // Changes at even places are from white to black.
        let parity = usize::from(colour == Color::Black);
        while *search < self.above.len() && (change(*search) <= at || *search % 2 != parity) {
            *search += 1;
        }
        (change(*search), change(*search + 1))
    }
}

struct Marks {
    count: u32,
    /// The next line is written in one dimension.
    plain: bool,
}

fn blacken(row: &mut [u8], from: i64, to: i64) {
    let (Ok(from), Ok(to)) = (usize::try_from(from), usize::try_from(to)) else {
        return;
    };
    let to = to.min(row.len() * 8);
    let mut at = from;
    while at < to {
        if at.is_multiple_of(8) && to - at >= 8 {
            row[at / 8] = 0xFF;
            at += 8;
        } else {
            row[at / 8] |= 0x80 >> (at % 8);
            at += 1;
        }
    }
}
