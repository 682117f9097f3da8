//! `data:` URIs: never more bytes than allowed, and what the Fetch Standard reads is read the same.
#![no_main]

use data_url::DataUrl;
use granary::ingest::fetch::decode_data;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (String, u16)| {
    let (text, max) = input;
    for uri in [text.clone(), format!("data:{text}"), format!("data:image/png;base64,{text}")] {
        let standard = DataUrl::process(&uri).ok().and_then(|url| url.decode_to_vec().ok()).map(|(bytes, _)| bytes);
        match decode_data(uri.clone(), max.into()) {
            Ok(bytes) => {
                assert!(bytes.len() <= usize::from(max));
                assert_eq!(Some(bytes), standard, "{uri:?}");
            }
            Err(_) => {
                // A text that is much longer than the limit is refused unread, even if most of it is white space.
                let is_read = uri.len() / 4 <= usize::from(max);
                let is_small = is_read && standard.as_ref().is_some_and(|bytes| bytes.len() <= usize::from(max));
                assert!(!is_small, "{uri:?} is {standard:?} by the standard");
            }
        }
    }
});
