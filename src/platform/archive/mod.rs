//! Archives whose every byte is known before the first is sent: a stored zip, a tar, or one plain
//! file that is made on the way.
//!
//! A [`Layout`] is made once by going through all [`Item`]s, and keeps a mark each stretch of them;
//! [`read`] finds a range by the marks and asks the [`Source`] for these stretches again. What always
//! holds: memory is one stretch whatever the size, and bytes are sent only while the source still
//! gives what the layout promised; otherwise the transfer breaks off before its announced end.

mod layout;
mod stream;
mod tar;
pub mod unzip;
mod zip;
pub mod zip_names;

pub use layout::{Form, Item, Layout};
pub use stream::{Source, read};
pub use zip::{Entry, Shift, Sums};
