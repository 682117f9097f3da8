//! What every door shares: errors on the wire, guards, ranges, languages, pages' layout.

pub mod about;
pub mod announced;
pub mod assets;
pub mod catchers;
pub mod envelope;
pub mod fairings;
pub mod format;
pub mod guards;
pub mod health;
pub mod icons;
pub mod json;
pub mod lang;
pub mod multipart;
pub mod named;
pub mod page;
pub mod problem;
pub mod qr;
pub mod query;
pub mod ranges;
pub mod ratios;
pub mod receive;
pub mod serve;
pub mod stream;
pub mod texts;
pub mod theme;
pub mod thumbnail;
