//! Pictures that carry what made them: PNG as text, SVG as metadata, PDF in its
//! document information, GIF as a comment. What they carry is a [code](super::code).

use super::{Workspace, WorkspaceError};
use crate::plot::convert::{METADATA_KEY, SVG_METADATA};
use std::io::Cursor;

/// Largest picture that is looked into, in bytes.
pub const MAX_BYTES: u64 = 256 << 20;

/// What a file is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Portable Network Graphics.
    Png,
    /// Scalable Vector Graphics.
    Svg,
    /// Portable Document Format.
    Pdf,
    /// Graphics Interchange Format.
    Gif,
}

impl Kind {
    /// By the first bytes; `None` for what is no picture.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let head = bytes.get(..bytes.len().min(1_024)).unwrap_or_default();
        if head.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Some(Self::Png);
        }
        if head.starts_with(b"GIF89a") || head.starts_with(b"GIF87a") {
            return Some(Self::Gif);
        }
        if head.starts_with(b"%PDF-") {
            return Some(Self::Pdf);
        }
        let text = String::from_utf8_lossy(head);
        let text = text.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']);
        (text.starts_with('<') && text.contains("<svg")).then_some(Self::Svg)
    }
}

/// The state that a picture carries.
///
/// # Errors
/// What is no picture, carries nothing, or carries what is damaged.
pub fn state_of(bytes: &[u8]) -> Result<Workspace, WorkspaceError> {
    let Some(kind) = Kind::of(bytes) else {
        return Err(WorkspaceError::new("is no PNG, SVG, PDF or GIF"));
    };
    let code = match kind {
        Kind::Png => of_png(bytes)?,
        Kind::Svg => between(bytes, &format!("<{SVG_METADATA}"), b">", b"<"),
        Kind::Gif => of_gif(bytes),
        Kind::Pdf => between(bytes, &format!("/{METADATA_KEY}"), b"(", b")"),
    };
    let code = code.ok_or_else(|| {
        WorkspaceError::new(
            "carries no state of Grokscope: another program made it, or one that it went through \
             has left that out; use the file as Grokscope wrote it",
        )
    })?;
    Workspace::from_code(&code)
}

/// The comment of a GIF: blocks of up to 255 bytes, each after its length.
fn of_gif(bytes: &[u8]) -> Option<String> {
    let key = format!("{METADATA_KEY}:");
    let key = key.as_bytes();
    let at = (bytes.windows(key.len())).rposition(|window| window == key)?;
    // The first block begins with the key.
    let mut at = at.checked_sub(1)?;
    let mut text = Vec::new();
    while let Some(&length @ 1..) = bytes.get(at) {
        let end = at + 1 + usize::from(length);
        text.extend_from_slice(bytes.get(at + 1..end)?);
        if text.len() > super::code::MAX_CODE {
            return None;
        }
        at = end;
    }
    String::from_utf8(text.get(key.len()..)?.to_vec()).ok()
}

fn of_png(bytes: &[u8]) -> Result<Option<String>, WorkspaceError> {
    let failed = |e: png::DecodingError| WorkspaceError::new(format!("is no whole PNG ({e})"));
    let limits = png::Limits { bytes: 64 << 20 };
    let decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
    let reader = decoder.read_info().map_err(failed)?;
    let info = reader.info();
    let mut plain = info.uncompressed_latin1_text.iter();
    let plain = plain.find(|chunk| chunk.keyword == METADATA_KEY);
    if let Some(chunk) = plain {
        return Ok(Some(chunk.text.clone()));
    }
    let long = (info.utf8_text.iter()).find(|chunk| chunk.keyword == METADATA_KEY);
    // Another program may have stored it in its own way.
    Ok(long.and_then(|chunk| chunk.get_text().ok()))
}

/// What stands between two marks after the last place of a key.
fn between(bytes: &[u8], key: &str, open: &[u8], close: &[u8]) -> Option<String> {
    let find = |bytes: &[u8], sought: &[u8]| {
        (bytes.windows(sought.len())).position(|window| window == sought)
    };
    let key = key.as_bytes();
    let at = (bytes.windows(key.len())).rposition(|window| window == key)?;
    let rest = &bytes[at + key.len()..];
    let rest = &rest[find(rest, open)? + open.len()..];
    let text = &rest[..find(rest, close)?];
    String::from_utf8(text.to_vec()).ok()
}
