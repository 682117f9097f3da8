//! Faxes: the same lines in every group, cut short, and damaged.

use super::tiff;

/// 37×9 pixels; the lines were packed by libtiff.
const FAX: [&str; 9] = [
    "####..#.#..#......#..#.#..#######..#.",
    "###...#.#..##....##..#.#...#####...#.",
    ".....#.#.#...####...#.#.#.........#.#",
    "..##..#.#..#......#..#.#..##...##..#.",
    "#####################################",
    "....#..#..#...##...#..#..#.......#..#",
    "####################.....##.....##...",
    ".....................................",
    "....#..#..#........#..#..#.......#..#",
];

const FAXES: [(u32, u32, &str); 6] = [
    (
        2,
        0,
        "bc743e390f8e87ff1d0088743eedf1d0f643a03531d0e87ae1d0e87107438035df1d0f8e43e3a1f79f1d00163563e3e3cf0f8f8e31f1c0\
            106e6f00350d503563e3e38a3e3e38c7c7",
    ),
    (
        3,
        0,
        "001bc743e390f8e87ff1d000c43a1f76f8e87b21d0009a98e8743d70e8743883a1c004d77c743e390f8e87de7c740022c0026ac7c7c79e\
            1f1f1c63e38008837378004d4354004d58f8f8e28f8f8e31f1c0",
    ),
    (
        3,
        4,
        "0001bc743e390f8e87ff1d000188743eedf1d0f643a0013531d0e87ae1d0e8710743800135df1d0f8e43e3a1f79f1d00011600013563e3\
            e3cf0f8f8e31f1c001106e6f0001350d50013563e3e38a3e3e38c7c7",
    ),
    (
        3,
        1,
        "001de3a1f1c87c743ff8e8004bed7dae0033531d0e87ae1d0e8710743800a082692088e413491dc104d40062c00226ac8f91f23c5e23e4\
            7c8e304a003106e6f00089a86a800cd58f8f8e28f8f8e31f1c",
    ),
    (
        3,
        5,
        "0001de3a1f1c87c743ff8e80012fb5f6b800019a98e8743d70e8743883a1c0014104d24111c826923b8209a800018b0001135647c8f91e\
            2f11f23e471825000188373780011350d500019ab1f1f1c51f1f1c63e380",
    ),
    (
        4,
        0,
        "3791d11f23911f23a23e7f55f6bed7049241020c24920447112c104d24111c826923b8209a8888888888b26ac8f91f23c5e23e47c8e304\
            a222231b564d435658e71ce3914738e71c8c75001001",
    ),
];

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect()
}

#[test]
fn faxes_of_every_group() {
    let expected: Vec<u8> =
        FAX.iter().flat_map(|row| row.bytes()).map(|dot| if dot == b'#' { 0 } else { 255 }).collect();
    for (compression, options, packed) in FAXES {
        let packed = unhex(packed);
        let picture = tiff(37, 9, &[1], compression, 1, &[&packed]).with(292, &[options]);
        let what = format!("compression {compression}, options {options}");
        assert_eq!(picture.samples(), expected, "{what}");
        let other_way: Vec<u8> = packed.iter().map(|byte| byte.reverse_bits()).collect();
        let reversed = tiff(37, 9, &[1], compression, 1, &[&other_way]).with(292, &[options]).with(266, &[2]);
        assert_eq!(reversed.samples(), expected, "{what}, bits reversed");
        let dark = picture.with(262, &[0]).samples();
        assert!(dark.iter().zip(&expected).all(|(dark, light)| dark ^ light == 255), "{what}, white is zero");
        for length in 0..packed.len() - 6 {
            let cut = tiff(37, 9, &[1], compression, 1, &[&packed[..length]]).with(292, &[options]);
            assert!(cut.decoded().is_err(), "{what}: {length} of {}", packed.len());
        }
    }
}

#[test]
fn damaged_faxes_never_panic() {
    let mut seed = 3_u64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    for (compression, options, packed) in FAXES {
        for _ in 0..200 {
            let mut packed = unhex(packed);
            for _ in 0..3 {
                let at = random(packed.len());
                packed[at] = u8::try_from(random(256)).unwrap();
            }
            let _ = tiff(37, 9, &[1], compression, 1, &[&packed]).with(292, &[options]).decoded();
        }
    }
}
