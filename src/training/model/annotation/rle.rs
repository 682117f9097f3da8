//! Masks as COCO run-length encodes them (`pycocotools`, `maskApi.c`): runs of zeros and ones by turns, down the columns
//! of the picture, from the top left.

/// What is known of a mask.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mask {
    /// Pixels that are set.
    pub area: u64,
    /// `[x, y, width, height]` of the pixels that are set; without an area where none is.
    pub bounds: [u64; 4],
}

/// Runs of the compressed form: six bits a character, five of them the number's, low ones first; from the fourth run on
/// the difference to the one before the last. `None` where it isn't one.
pub fn decompress(text: &str) -> Option<Vec<u64>> {
    let mut runs: Vec<u64> = Vec::new();
    let mut bytes = text.bytes();
    while let Some(first) = bytes.next() {
        let mut next = Some(first);
        let (mut value, mut shift) = (0_i64, 0);
        loop {
            let bits = i64::from(next?.checked_sub(48).filter(|bits| *bits < 64)?);
            if shift > 50 {
                return None;
            }
            value |= (bits & 0x1f) << shift;
            shift += 5;
            if bits & 0x20 == 0 {
                if bits & 0x10 != 0 {
                    value |= -1 << shift;
                }
                break;
            }
            next = bytes.next();
        }
        if runs.len() > 2 {
            value = value.checked_add(i64::try_from(runs[runs.len() - 2]).ok()?)?;
        }
        runs.push(u64::try_from(value).ok()?);
    }
    Some(runs)
}

/// Sums runs up; `None` where they don't fill a picture of `width` × `height` exactly.
pub fn measure(runs: &[u64], width: u64, height: u64) -> Option<Mask> {
    let (mut at, mut area) = (0_u64, 0_u64);
    let (mut left, mut top, mut right, mut bottom) = (u64::MAX, u64::MAX, 0, 0);
    for (place, run) in runs.iter().enumerate() {
        let end = at.checked_add(*run).filter(|end| *end <= width * height)?;
        if place % 2 == 1 && *run > 0 {
            area += run;
            let (first, last) = (at / height, (end - 1) / height);
            (left, right) = (left.min(first), right.max(last + 1));
            // A run that goes on in the next column touches both edges.
            let (from, to) = if first == last { (at % height, (end - 1) % height + 1) } else { (0, height) };
            (top, bottom) = (top.min(from), bottom.max(to));
        }
        at = end;
    }
    let bounds = if area == 0 { [0; 4] } else { [left, top, right - left, bottom - top] };
    (at == width * height).then_some(Mask { area, bounds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_measured() {
        // 4 × 3; the second and third pixel of the second column, and the first two of the third.
        let runs = [4, 4, 4];
        assert_eq!(measure(&runs, 4, 3), Some(Mask { area: 4, bounds: [1, 0, 2, 3] }));
        assert_eq!(measure(&[4, 1, 7], 4, 3), Some(Mask { area: 1, bounds: [1, 1, 1, 1] }));
        assert_eq!(measure(&[12], 4, 3), Some(Mask { area: 0, bounds: [0; 4] }));
        for bad in [&[11][..], &[13], &[4, 4], &[], &[u64::MAX, 2]] {
            assert_eq!(measure(bad, 4, 3), None, "{bad:?}");
        }
    }

    #[test]
    fn compressed_runs_are_read() {
        // What pycocotools 2.0.11 writes for these runs.
        assert_eq!(decompress("444"), Some(vec![4, 4, 4]));
        assert_eq!(decompress("T3b1T3ROVb2"), Some(vec![100, 50, 100, 20, 2730]));
        assert_eq!(decompress("7X1:000kh2"), Some(vec![7, 40, 10, 40, 10, 40, 2853]));
        assert_eq!(decompress("0hm2"), Some(vec![0, 3000]));
        assert_eq!(decompress("0P"), None, "cut off");
        assert_eq!(decompress("  "), None);
        assert_eq!(decompress("oooooooooooooooooooooo"), None, "a number without an end");
        assert_eq!(decompress(""), Some(vec![]));
    }
}
