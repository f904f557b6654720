//! A state as a line of text that can be sent in a message: `grokscope1.` and the
//! deflated file in base 64, then a checksum.

use super::{Workspace, WorkspaceError};
use crate::history::summary::fnv1a64;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use std::io::{Read as _, Write as _};

/// What every code begins with, whatever its version.
pub const PREFIX: &str = "grokscope";
const VERSION: &str = "grokscope1";
/// Longest code, in characters.
pub const MAX_CODE: usize = 4 << 20;

/// Whether a text begins like a code.
pub fn is_code(text: &str) -> bool {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || "`'\"<".contains(c));
    let Some(rest) = text.strip_prefix(PREFIX) else {
        return false;
    };
    let number = rest.split('.').next().unwrap_or("");
    !number.is_empty() && number.len() < 4 && number.bytes().all(|b| b.is_ascii_digit())
}

impl Workspace {
    /// As a line of text.
    pub fn to_code(&self) -> String {
        pack(&self.to_toml())
    }

    /// Reads a line of text; spaces, line breaks and quotes around it do no harm.
    ///
    /// # Errors
    /// Says what is wrong with it and what to do.
    pub fn from_code(text: &str) -> Result<Self, WorkspaceError> {
        Self::from_toml(&unpack(text)?)
    }
}

fn pack(text: &str) -> String {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    // Memory does not refuse to be written.
    let _ = encoder.write_all(text.as_bytes());
    let packed = encoder.finish().unwrap_or_default();
    let sum = fnv1a64(text.as_bytes()) as u32;
    format!("{VERSION}.{}.{sum:08x}", URL_SAFE_NO_PAD.encode(packed))
}

fn unpack(text: &str) -> Result<String, WorkspaceError> {
    let error = |text: &str| Err(WorkspaceError::new(text));
    if text.len() > MAX_CODE {
        return error("the code is longer than any that Grokscope writes");
    }
    let text: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !"`'\"<>".contains(*c))
        .collect();
    let mut parts = text.split('.');
    let version = parts.next().unwrap_or("");
    if version != VERSION {
        return match is_code(&text) {
            true => {
                error("a newer Grokscope made this code; update Grokscope, or ask for it as a file")
            }
            false => error("this is no code: one begins with `grokscope1.`"),
        };
    }
    let (Some(packed), Some(sum), None) = (parts.next(), parts.next(), parts.next()) else {
        return error("the code is not whole: copy it from `grokscope1.` to its last letter");
    };
    let damaged = "the code is damaged: a part of it is missing or was changed; copy it again";
    let Ok(packed) = URL_SAFE_NO_PAD.decode(packed) else {
        return error(damaged);
    };
    let mut unpacked = Vec::new();
    let most = super::file::MAX_BYTES;
    let read = DeflateDecoder::new(packed.as_slice())
        .take(most + 1)
        .read_to_end(&mut unpacked);
    if unpacked.len() as u64 > most {
        return error("the code holds more than a state of Grokscope can");
    }
    let sound = read.is_ok() && format!("{:08x}", fnv1a64(&unpacked) as u32) == sum;
    match String::from_utf8(unpacked) {
        Ok(text) if sound => Ok(text),
        _ => error(damaged),
    }
}
