//! The CSV of a task: what clients send, and the one form in which its rows are kept.
//!
//! Clients send `uri,tag,description` in the encodings and dialects of contract §3, found out by [`Sniffer`] and [`Prober`];
//! what is no table is refused ([`foreign`]). [`Normalizer`] makes of it rows that are all alike: UTF-8, three fields, no
//! header, `\n`. A row that can never come out well has a fourth field that says why ([`Fault`]). Nothing is ever kept
//! whole: text goes in piece by piece.

mod columns;
mod dialect;
mod encoding;
pub mod foreign;
mod glimpse;
mod normalize;
mod row;

pub use dialect::{Dialect, Prober};
pub use encoding::{Decoder, Encoding, Sniffer};
pub use glimpse::Glimpse;
pub use normalize::{Normalized, Normalizer};
pub use row::{Fault, Row, write_row};
