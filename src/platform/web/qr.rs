//! Addresses to be scanned by a phone.

use fast_qr::convert::Builder;
use fast_qr::convert::svg::SvgBuilder;
use fast_qr::qr::QRBuilder;

use crate::platform::error::{Error, Result};

/// The address as a QR code in SVG.
///
/// # Errors
/// When it is too long for one.
pub fn svg(address: String) -> Result<String> {
    let code = QRBuilder::new(address).build().map_err(|error| Error::internal(error.to_string()))?;
    Ok(SvgBuilder::default().margin(2).to_str(&code))
}
