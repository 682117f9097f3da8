//! Names of tags and files: what is taken is safe, comes back unchanged from an address, and stays so in an archive.
#![no_main]

use granary::platform::archive::zip_names;
use granary::platform::names::{Name, fold, numbered, split_extension};
use libfuzzer_sys::fuzz_target;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

fn check(name: &Name) {
    let text = name.as_str();
    assert!((1..=255).contains(&text.len()) && text != "." && text != "..", "{text:?}");
    assert!(!text.contains(['/', '\\']) && !text.chars().any(char::is_control), "{text:?}");
    // Once in form, always in form.
    assert_eq!(Name::new(text).unwrap().as_str(), text);
    let address = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    assert_eq!(Name::from_percent_encoded(&address).unwrap().as_str(), text);
}

fuzz_target!(|input: (&str, u32)| {
    let (text, n) = input;
    for name in [Name::new(text), Name::from_percent_encoded(text)].into_iter().flatten() {
        check(&name);
        let (stem, extension) = split_extension(name.as_str());
        assert_eq!(format!("{stem}{extension}"), name.as_str());
        let other = numbered(name.as_str(), n);
        assert!(other.len() <= 255 && other != name.as_str(), "{other:?}");
        check(&Name::new(&other).expect("a numbered name is a name"));
        let mended = zip_names::mend(name.as_str());
        assert_eq!(zip_names::mend(&mended), mended);
        assert!(mended.len() <= 255, "{mended:?}");
        assert!(!mended.contains(['<', '>', ':', '"', '|', '?', '*']) && !mended.ends_with(['.', ' ']), "{mended:?}");
        assert_eq!(zip_names::key(&mended), zip_names::key(&mended.to_uppercase()));
        let _ = fold(name.as_str());
    }
});
