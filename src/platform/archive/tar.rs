//! The headers of a tar archive (POSIX ustar, with GNU's sizes past 8 GiB).

use super::Entry;

/// Headers and data come in blocks of this many bytes.
const BLOCK: u64 = 512;

/// The largest size that eleven octal digits hold.
const MAX_OCTAL: u64 = 0o777_7777_7777;

/// Bytes of zeros that fill the block up which ends at `offset` or before.
pub fn padding(offset: u64) -> u64 {
    offset.next_multiple_of(BLOCK) - offset
}

/// Bytes of a header.
pub const HEADER: u64 = BLOCK;

/// Bytes at the end: two blocks of zeros.
pub const END: u64 = 2 * BLOCK;

/// Writes the header of an entry. Its name has at most 100 bytes.
pub fn write_header(entry: &Entry, out: &mut Vec<u8>) {
    let start = out.len();
    put(out, entry.name.as_bytes(), 100);
    put(out, b"0000644", 8);
    put(out, b"0000000", 8);
    put(out, b"0000000", 8);
    put_size(out, entry.size);
    put(out, format!("{:011o}", (entry.modified_at / 1000).clamp(0, 1 << 33)).as_bytes(), 12);
    // The checksum counts its own field as spaces.
    out.extend_from_slice(b"        ");
    out.push(b'0');
    put(out, b"", 100);
    put(out, b"ustar\0", 6);
    put(out, b"00", 2);
    // Owner, group, device numbers, and a prefix of the name: none.
    put(out, b"", 247);
    let sum: u32 = out[start..].iter().map(|byte| u32::from(*byte)).sum();
    out[start + 148..start + 156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

fn put_size(out: &mut Vec<u8>, size: u64) {
    if size <= MAX_OCTAL {
        put(out, format!("{size:011o}").as_bytes(), 12);
    } else {
        out.extend_from_slice(&[0x80, 0, 0, 0]);
        out.extend_from_slice(&size.to_be_bytes());
    }
}

/// `text`, filled up with zeros to `width`.
fn put(out: &mut Vec<u8>, text: &[u8], width: usize) {
    let text = &text[..text.len().min(width)];
    out.extend_from_slice(text);
    out.resize(out.len() + width - text.len(), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(size: u64) -> Vec<u8> {
        let mut out = Vec::new();
        write_header(&Entry { name: "train-1.jpg".into(), size, crc32: 0, modified_at: 1_700_000_000_000 }, &mut out);
        out
    }

    #[test]
    fn a_header_is_a_block_with_a_true_checksum() {
        for size in [0, 5, MAX_OCTAL, MAX_OCTAL + 1] {
            let header = header(size);
            assert_eq!(header.len() as u64, HEADER);
            let told = std::str::from_utf8(&header[148..154]).unwrap();
            let mut blank = header.clone();
            blank[148..156].fill(b' ');
            let sum: u32 = blank.iter().map(|byte| u32::from(*byte)).sum();
            assert_eq!(u32::from_str_radix(told, 8).unwrap(), sum);
        }
        assert_eq!(&header(5)[124..136], b"00000000005\0");
        assert_eq!(&header(1 << 33)[124..136], &[0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]);
        assert_eq!(&header(5)[257..265], b"ustar\x0000");
    }

    #[test]
    fn blocks_are_filled_up() {
        for (offset, zeros) in [(0, 0), (1, 511), (512, 0), (513, 511), (1023, 1)] {
            assert_eq!(padding(offset), zeros);
        }
    }
}
