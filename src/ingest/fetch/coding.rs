//! Content codings (RFC 9110 §8.4): undone, whatever was asked for. Objects that were stored with one are sent so to everybody.
//!
//! What always holds: what comes out is no larger than `ingest.max_image`, however small it came in; a coding that isn't
//! known is named.

use std::io::{BufRead, Read};

use flate2::bufread::{DeflateDecoder, GzDecoder, ZlibDecoder};
use hyper::header::{CONTENT_ENCODING, HeaderMap, TRANSFER_ENCODING};

use super::Refusal;

/// Codings of one answer that are undone, one after the other.
const MOST: usize = 3;

/// From so many bytes on, decoding leaves the async threads alone.
const LONG: usize = 16 * 1024;

/// Words that name no coding, although servers write them there: stores of objects keep what an upload said, such as that its
/// bytes came as base64 or in signed pieces. Browsers pass them over, too.
const NONE: [&str; 8] = ["identity", "none", "binary", "8bit", "utf-8", "utf8", "base64", "aws-chunked"];

/// One coding that can be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Gzip,
    /// With a header or without one: both are sent under this name.
    Deflate,
}

/// The codings of an answer, in the order in which they are undone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Codings(Vec<Coding>);

impl Codings {
    /// Of an answer's head: those of the content, and those of the transfer but for `chunked`, which is undone already.
    ///
    /// # Errors
    /// A coding that isn't known, or too many.
    pub fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let mut codings = Vec::new();
        for name in [CONTENT_ENCODING, TRANSFER_ENCODING] {
            for value in headers.get_all(&name) {
                let value = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
                for word in value.split(',').map(str::trim).filter(|word| !word.is_empty()) {
                    match word {
                        "gzip" | "x-gzip" => codings.push(Coding::Gzip),
                        "deflate" => codings.push(Coding::Deflate),
                        "chunked" if name == TRANSFER_ENCODING => {}
                        word if NONE.contains(&word) => {}
                        other => return Err(unknown(other)),
                    }
                }
            }
        }
        if codings.len() > MOST {
            return Err(unknown("…"));
        }
        codings.reverse();
        Ok(Self(codings))
    }

    /// Bytes that may arrive where `max` may come out: what can't be made smaller grows a little.
    #[must_use]
    pub fn most(&self, max: u64) -> u64 {
        if self.0.is_empty() { max } else { max.saturating_add(max / 1000 + 1024) }
    }

    /// Undoes them all; at most `max` bytes come out.
    ///
    /// # Errors
    /// What doesn't decode, or is too large.
    pub async fn decode(self, bytes: Vec<u8>, max: u64) -> Result<Vec<u8>, Refusal> {
        if self.0.is_empty() || bytes.len() < LONG && max < LONG as u64 {
            return self.decode_here(bytes, max);
        }
        let decoded = tokio::task::spawn_blocking(move || self.decode_here(bytes, max)).await;
        decoded.unwrap_or_else(|_| Err(broken("gzip")))
    }

    fn decode_here(self, mut bytes: Vec<u8>, max: u64) -> Result<Vec<u8>, Refusal> {
        for coding in self.0 {
            bytes = match coding {
                // A head that says so of plain bytes is wrong, not the picture.
                Coding::Gzip if !bytes.starts_with(&[0x1f, 0x8b]) => bytes,
                Coding::Gzip => gunzip(&bytes, max)?,
                Coding::Deflate => inflate(&bytes, max)?,
            };
        }
        if bytes.len() as u64 > max {
            return Err(Refusal::too_large(Some(bytes.len() as u64), max));
        }
        Ok(bytes)
    }
}

/// All members of a gzip file (RFC 1952 §2.2); what stands behind the last isn't looked at.
fn gunzip(bytes: &[u8], max: u64) -> Result<Vec<u8>, Refusal> {
    let (mut rest, mut out) = (bytes, Vec::new());
    while rest.starts_with(&[0x1f, 0x8b]) {
        let mut decoder = GzDecoder::new(rest);
        read(&mut decoder, &mut out, max).map_err(|fault| fault.unwrap_or_else(|| broken("gzip")))?;
        rest = decoder.into_inner();
    }
    Ok(out)
}

/// With the header of RFC 1950, as the standard has it, or without one, as some servers send it.
fn inflate(bytes: &[u8], max: u64) -> Result<Vec<u8>, Refusal> {
    let has_header = matches!(bytes, [a, b, ..] if a & 15 == 8 && u16::from_be_bytes([*a, *b]).is_multiple_of(31));
    let mut out = Vec::new();
    let done = if has_header {
        read(&mut ZlibDecoder::new(bytes), &mut out, max)
    } else {
        read(&mut DeflateDecoder::new(bytes), &mut out, max)
    };
    match done {
        Ok(()) => Ok(out),
        Err(Some(refusal)) => Err(refusal),
        Err(None) => Err(broken("deflate")),
    }
}

/// Reads to the end, or to the limit. `None`: the bytes are broken.
fn read(decoder: &mut impl Read, out: &mut Vec<u8>, max: u64) -> Result<(), Option<Refusal>> {
    let room = (max + 1).saturating_sub(out.len() as u64);
    let mut limited = std::io::BufReader::with_capacity(64 * 1024, decoder.take(room));
    loop {
        let piece = limited.fill_buf().map_err(|_| None)?;
        if piece.is_empty() {
            break;
        }
        out.extend_from_slice(piece);
        let count = piece.len();
        limited.consume(count);
    }
    if out.len() as u64 > max { Err(Some(Refusal::too_large(None, max))) } else { Ok(()) }
}

fn unknown(word: &str) -> Refusal {
    let word: String = word.chars().take(40).collect();
    Refusal::new(
        format!("the server sends the content coding {word}, which isn't known here: gzip and deflate are"),
        format!("服务器使用了不支持的内容编码 {word}（Content-Encoding），只支持 gzip 和 deflate"),
    )
}

fn broken(word: &str) -> Refusal {
    Refusal::new(
        format!("what the server sends isn't the {word} that it says"),
        format!("服务器声明了内容编码 {word}，但数据无法解压"),
    )
}
