//! The fonts of a picture: how wide a text is, and a font file of the glyphs that
//! are used, to be put into an SVG.

use std::collections::BTreeSet;
use std::sync::LazyLock;
use subsetter::GlyphRemapper;
use ttf_parser::{Face, GlyphId};

/// Name of the family.
pub const FAMILY: &str = "DejaVu Sans";

/// Upright.
pub const REGULAR: &[u8] = include_bytes!("../../assets/fonts/DejaVuSans.ttf");
/// Bold.
pub const BOLD: &[u8] = include_bytes!("../../assets/fonts/DejaVuSans-Bold.ttf");

static FACES: LazyLock<[Option<Face<'static>>; 2]> =
    LazyLock::new(|| [REGULAR, BOLD].map(|data| Face::parse(data, 0).ok()));

/// Width of a text, in the unit of its size.
pub fn width(text: &str, size: f64, bold: bool) -> f64 {
    let Some(face) = &FACES[usize::from(bold)] else {
        // The shipped fonts can be read: a test says so.
        return 0.6 * size * text.chars().count() as f64;
    };
    let advance = |c: char| {
        let glyph = face.glyph_index(c).unwrap_or(GlyphId(0));
        f64::from(face.glyph_hor_advance(glyph).unwrap_or(0))
    };
    text.chars().map(advance).sum::<f64>() * size / f64::from(face.units_per_em())
}

/// Lines of at most this width, broken at spaces.
pub fn wrap(text: &str, size: f64, most: f64) -> Vec<String> {
    // A setting stays with its value.
    let glued = text.replace(" = ", "\u{a0}=\u{a0}");
    let glued = glued.replace("Grokscope ", "Grokscope\u{a0}");
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in glued.split(' ').filter(|word| !word.is_empty()) {
        let longer = match line.is_empty() {
            true => word.to_owned(),
            false => format!("{line} {word}"),
        };
        if !line.is_empty() && width(&longer, size, false) > most {
            lines.push(std::mem::replace(&mut line, word.to_owned()));
        } else {
            line = longer;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    let loose = |line: String| line.replace('\u{a0}', " ");
    lines.into_iter().map(loose).collect()
}

/// A TrueType font of the glyphs of these characters alone; `None` where there
/// are none.
pub fn subset(bold: bool, used: &BTreeSet<char>) -> Option<Vec<u8>> {
    let face = FACES[usize::from(bold)].as_ref()?;
    let mut remapper = GlyphRemapper::new();
    // Characters and the glyphs that they have in the subset.
    let glyphs: Vec<(u32, u16)> = used
        .iter()
        .filter_map(|c| {
            let glyph = face.glyph_index(*c)?;
            Some((*c as u32, remapper.remap(glyph.0)))
        })
        .collect();
    if glyphs.is_empty() {
        return None;
    }
    let data = if bold { BOLD } else { REGULAR };
    let small = subsetter::subset(data, 0, &remapper).ok()?;
    let mut tables = tables(&small)?;
    // A subset for PDF has no table of characters, which browsers want, nor those
    // that name the font.
    tables.retain(|(tag, _)| !matches!(tag, b"cmap" | b"OS/2" | b"post" | b"name"));
    let whole = self::tables(data)?;
    let metrics = whole.into_iter().find(|(tag, _)| tag == b"OS/2");
    tables.extend(metrics);
    tables.push((*b"cmap", cmap(&glyphs)));
    tables.push((*b"post", post()));
    tables.push((*b"name", vec![0, 0, 0, 0, 0, 6]));
    tables.sort_by_key(|(tag, _)| *tag);
    Some(sfnt(&tables))
}

type Table = ([u8; 4], Vec<u8>);

/// The tables of a font file.
fn tables(data: &[u8]) -> Option<Vec<Table>> {
    let count = u16::from_be_bytes(data.get(4..6)?.try_into().ok()?);
    (0..usize::from(count))
        .map(|i| {
            let entry = data.get(12 + 16 * i..28 + 16 * i)?;
            let number = |at: usize| -> Option<usize> {
                let bytes = entry.get(at..at + 4)?.try_into().ok()?;
                Some(u32::from_be_bytes(bytes) as usize)
            };
            let (start, length) = (number(8)?, number(12)?);
            let tag: [u8; 4] = entry.get(..4)?.try_into().ok()?;
            Some((tag, data.get(start..start.checked_add(length)?)?.to_vec()))
        })
        .collect()
}

/// Characters and their glyphs, in the format for all of Unicode.
fn cmap(glyphs: &[(u32, u16)]) -> Vec<u8> {
    let mut table = Vec::new();
    // Version 0, one subtable: Windows, all of Unicode, 12 bytes from the start.
    for word in [0u16, 1, 3, 10, 0, 12, 12, 0] {
        table.extend(word.to_be_bytes());
    }
    let length = 16 + 12 * glyphs.len() as u32;
    for word in [length, 0, glyphs.len() as u32] {
        table.extend(word.to_be_bytes());
    }
    for &(c, glyph) in glyphs {
        for word in [c, c, u32::from(glyph)] {
            table.extend(word.to_be_bytes());
        }
    }
    table
}

/// Of version 3: glyphs have no names.
fn post() -> Vec<u8> {
    let mut table = vec![0; 32];
    table[1] = 3;
    table
}

/// A font file of tables in the order of their names.
fn sfnt(tables: &[Table]) -> Vec<u8> {
    let count = tables.len() as u16;
    let log = count.ilog2() as u16;
    let mut file = vec![0, 1, 0, 0];
    for word in [count, 16 << log, log, 16 * count - (16 << log)] {
        file.extend(word.to_be_bytes());
    }
    let mut at = 12 + 16 * tables.len();
    for (tag, data) in tables {
        let sum = data.chunks(4).fold(0u32, |sum, chunk| {
            let mut word = [0; 4];
            word[..chunk.len()].copy_from_slice(chunk);
            sum.wrapping_add(u32::from_be_bytes(word))
        });
        file.extend(tag);
        for word in [sum, at as u32, data.len() as u32] {
            file.extend(word.to_be_bytes());
        }
        at += data.len().next_multiple_of(4);
    }
    for (_, data) in tables {
        file.extend(data);
        file.resize(file.len().next_multiple_of(4), 0);
    }
    file
}

/// Bytes as text, for a file within a file.
pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut word = [0; 3];
        word[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, word[0], word[1], word[2]]);
        for place in 0..4 {
            let digit = (bits >> (18 - 6 * place)) & 63;
            text.push(match place <= chunk.len() {
                true => DIGITS[digit as usize] as char,
                false => '=',
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_fonts_have_every_character_of_a_picture() {
        for face in FACES.iter() {
            let face = face.as_ref().expect("a font");
            for c in "αβεηθκλμσϕφτ₀⁰¹²³⁴⁵⁶⁷⁸⁹⁻×−·≤∞‖".chars()
            {
                assert!(face.glyph_index(c).is_some(), "{c}");
            }
        }
    }

    #[test]
    fn a_subset_is_small_and_has_its_characters() {
        let used: BTreeSet<char> = "Loss α 10⁻³".chars().collect();
        for bold in [false, true] {
            let file = subset(bold, &used).expect("a font");
            assert!(file.len() < 12_000, "{}", file.len());
            let face = Face::parse(&file, 0).expect("a font that can be read");
            for c in used.iter().filter(|c| **c != ' ') {
                let glyph = face.glyph_index(*c).expect("its glyph");
                let whole = FACES[usize::from(bold)].as_ref().expect("a font");
                let before = whole.glyph_index(*c).expect("its glyph");
                assert_eq!(
                    face.glyph_hor_advance(glyph),
                    whole.glyph_hor_advance(before)
                );
                assert_eq!(
                    face.glyph_bounding_box(glyph),
                    whole.glyph_bounding_box(before)
                );
            }
            assert!(face.glyph_index('Q').is_none());
        }
        assert_eq!(subset(false, &BTreeSet::new()), None);
    }

    #[test]
    fn bytes_as_text_are_those_of_the_standard() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn lines_are_as_wide_as_there_is_room_and_no_word_is_lost() {
        let text = "D = 100, P = 550, N = 500, α = 1, ε = 0.02; seed 1";
        let lines = wrap(text, 8.0, 90.0);
        assert!(lines.len() > 2 && lines.iter().all(|line| width(line, 8.0, false) <= 90.0));
        assert_eq!(lines.join(" "), text);
    }
}
