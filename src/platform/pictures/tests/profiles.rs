//! Small ICC profiles, made by hand. Source: ICC.1:2010.

#![expect(clippy::many_single_char_names, reason = "inks and axes have these names")]

fn fixed(value: f64) -> [u8; 4] {
    #[expect(clippy::cast_possible_truncation, reason = "small numbers")]
    let whole = (value * 65_536.0).round() as i32;
    whole.to_be_bytes()
}

fn place(values: [f64; 3]) -> Vec<u8> {
    [b"XYZ \0\0\0\0".to_vec(), values.map(fixed).concat()].concat()
}

/// A curve that is an exponent, in 256ths.
fn curve(exponent: u16) -> Vec<u8> {
    [&b"curv\0\0\0\0\0\0\0\x01"[..], &exponent.to_be_bytes(), &[0; 2]].concat()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "literals of bytes are references")]
fn profile(space: &[u8; 4], connection: &[u8; 4], parts: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let word = |number: usize| u32::try_from(number).unwrap().to_be_bytes();
    let all = [&[(b"cprt", b"text\0\0\0\0none\0\0\0\0".to_vec())], parts].concat();
    let (mut table, mut contents) = (word(all.len()).to_vec(), Vec::new());
    for (name, part) in &all {
        table.extend(*name);
        table.extend(word(132 + 12 * all.len() + contents.len()));
        table.extend(word(part.len()));
        contents.extend(part);
        contents.resize(contents.len().next_multiple_of(4), 0);
    }
    let mut head = word(128 + table.len() + contents.len()).to_vec();
    head.extend(b"\0\0\0\0\x02\x40\0\0mntr");
    head.extend(space);
    head.extend(connection);
    head.extend(b"\x07\xE8\0\x01\0\x01\0\0\0\0\0\0acsp");
    head.resize(68, 0);
    head.extend([0.9642, 1.0, 0.8249].map(fixed).concat());
    head.resize(128, 0);
    [head, table, contents].concat()
}

fn colours(primaries: [[f64; 3]; 3], exponent: u16) -> Vec<u8> {
    let [red, green, blue] = primaries.map(place);
    let parts = [(b"rXYZ", red), (b"gXYZ", green), (b"bXYZ", blue)];
    let curves = [b"rTRC", b"gTRC", b"bTRC"].map(|name| (name, curve(exponent)));
    profile(b"RGB ", b"XYZ ", &[parts, curves].concat())
}

pub(in crate::platform::pictures) fn display_p3() -> Vec<u8> {
    colours([[0.51512, 0.2412, -0.00105], [0.29198, 0.69225, 0.04189], [0.1571, 0.06657, 0.78407]], 563)
}

pub(in crate::platform::pictures) fn adobe_rgb() -> Vec<u8> {
    colours([[0.60974, 0.31111, 0.01947], [0.20528, 0.62567, 0.06087], [0.14919, 0.06322, 0.74457]], 563)
}

pub(in crate::platform::pictures) fn pro_photo() -> Vec<u8> {
    colours([[0.79767, 0.28804, 0.0], [0.13519, 0.71188, 0.0], [0.03134, 0.00009, 0.82491]], 461)
}

pub(in crate::platform::pictures) fn linear_grey() -> Vec<u8> {
    profile(b"GRAY", b"XYZ ", &[(b"kTRC", curve(256))])
}

/// Inks by a table of 2⁴ places in Lab: magenta is redder, yellow yellower, black dark.
pub(in crate::platform::pictures) fn inks() -> Vec<u8> {
    let mut table = b"mft1\0\0\0\0\x04\x03\x02\0".to_vec();
    let matrix = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
    table.extend(matrix.map(fixed).concat());
    let same: Vec<u8> = (0..=255).collect();
    table.extend(same.repeat(4));
    for corner in 0..16_i32 {
        let [c, m, y, k] = [3, 2, 1, 0].map(|bit| corner >> bit & 1);
        let light = 255 - 90 * c - 70 * m - 10 * y;
        let (light, a, b) = if k == 1 { ((light + 5) / 10, 0, 0) } else { (light, 60 * m - 40 * c, 80 * y - 40 * c) };
        table.extend([light, 128 + a, 128 + b].map(|value| u8::try_from(value).unwrap()));
    }
    table.extend(same.repeat(3));
    profile(b"CMYK", b"Lab ", &[(b"A2B0", table)])
}
