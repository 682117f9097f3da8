//! Sizes as people write them: `5 GB`, `1.5 GiB`, `300`. Pure.

/// Units by their letter: a thousand, and with an `i` behind it 1,024, to the power of the place.
const LETTERS: &str = "KMGTP";

/// Reads a size in bytes; what is smaller than a byte is cut off. `None` when it isn't one.
#[must_use]
pub fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    let number = &text[..text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len())];
    let unit = unit(text[number.len()..].trim())?;
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    if whole.len() > 18 || !(1..=9).contains(&part.len()) {
        return None;
    }
    let tenths = 10_i128.pow(u32::try_from(part.len()).ok()?);
    let bytes = whole.parse::<i128>().ok()? * unit + part.parse::<i128>().ok()? * unit / tenths;
    i64::try_from(bytes).ok()
}

fn unit(text: &str) -> Option<i128> {
    let text = text.to_ascii_uppercase();
    let letters = text.strip_suffix('B').unwrap_or(&text);
    let (letter, base) = letters.strip_suffix('I').map_or((letters, 1000_i128), |letter| (letter, 1024));
    match letter {
        "" if base == 1000 => Some(1),
        _ if letter.len() == 1 => Some(base.pow(u32::try_from(LETTERS.find(letter)?).ok()? + 1)),
        _ => None,
    }
}

/// The same size again, exact: in the largest unit that gives a whole number.
#[must_use]
pub fn exact(bytes: i64) -> String {
    let units = LETTERS.chars().rev().zip((1..=5).rev());
    for (letter, power) in units {
        for (base, i) in [(1000_i64, ""), (1024, "i")] {
            let unit = base.pow(power);
            if bytes >= unit && bytes % unit == 0 {
                let letter = if (letter, i) == ('K', "") { 'k' } else { letter };
                return format!("{} {letter}{i}B", bytes / unit);
            }
        }
    }
    bytes.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_as_they_are_written() {
        for (text, bytes) in [
            ("0", 0),
            (" 300 ", 300),
            ("5 GB", 5_000_000_000),
            ("1.5GiB", 1_610_612_736),
            ("2k", 2000),
            ("7 b", 7),
            ("0.0001 kB", 0),
            ("1 PiB", 1 << 50),
        ] {
            assert_eq!(parse(text), Some(bytes), "{text}");
        }
        for text in
            ["", "GB", "5 XB", "-1", "1,5 GB", "1.2.3", ".5 GB", "5.", "5 iB", "5 GBB", "9999999999999 PB", "5 吉"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_exact_size_reads_back() {
        for (bytes, text) in [(5_000_000_000, "5 GB"), (1 << 30, "1 GiB"), (1500, "1500"), (2000, "2 kB"), (0, "0")] {
            assert_eq!(exact(bytes), text);
            assert_eq!(parse(text), Some(bytes));
        }
        for bytes in [1, 999, 1024, 123_456_789, (1 << 53) - 1] {
            assert_eq!(parse(&exact(bytes)), Some(bytes));
        }
    }
}
