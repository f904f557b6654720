//! Every character that the program can draw is in the bundled fonts.
#![cfg(feature = "gui")]

use egui::{
    FontFamily, FontId,
    epaint::{TextOptions, text::Fonts},
};
use grokscope::views::fonts;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The text of every string and character literal of a Rust file, each with
/// the line it begins on. Comments are not drawn.
fn literals(source: &str) -> Vec<(usize, String)> {
    let chars: Vec<char> = source.chars().collect();
    let mut found = Vec::new();
    let mut line = 1;
    let mut i = 0;
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    while i < chars.len() {
        match at(i) {
            '\n' => line += 1,
            '/' if at(i + 1) == '/' => {
                while i + 1 < chars.len() && at(i + 1) != '\n' {
                    i += 1;
                }
            }
            '/' if at(i + 1) == '*' => {
                let mut depth = 1;
                i += 2;
                while i < chars.len() && depth > 0 {
                    match (at(i), at(i + 1)) {
                        ('/', '*') => (depth, i) = (depth + 1, i + 1),
                        ('*', '/') => (depth, i) = (depth - 1, i + 1),
                        ('\n', _) => line += 1,
                        _ => {}
                    }
                    i += 1;
                }
                continue;
            }
            'r' if !at(i.wrapping_sub(1)).is_alphanumeric() && raw_hashes(&chars, i).is_some() => {
                let hashes = raw_hashes(&chars, i).unwrap_or(0);
                let start = line;
                let mut text = String::new();
                i += hashes + 2;
                let closes = |i: usize| at(i) == '"' && (1..=hashes).all(|k| at(i + k) == '#');
                while i < chars.len() && !closes(i) {
                    line += usize::from(at(i) == '\n');
                    text.push(at(i));
                    i += 1;
                }
                i += hashes;
                found.push((start, text));
            }
            quote @ ('"' | '\'') if quote == '"' || is_char_literal(&chars, i) => {
                let start = line;
                let mut text = String::new();
                i += 1;
                while i < chars.len() && at(i) != quote {
                    if at(i) == '\\' {
                        i += 1;
                        if at(i) == 'u' {
                            let digits: String = chars[i + 2..]
                                .iter()
                                .take_while(|c| **c != '}')
                                .filter(|c| **c != '_')
                                .collect();
                            let code = u32::from_str_radix(&digits, 16).ok();
                            text.extend(code.and_then(char::from_u32));
                            while at(i) != '}' {
                                i += 1;
                            }
                        }
                    } else {
                        text.push(at(i));
                    }
                    line += usize::from(at(i) == '\n');
                    i += 1;
                }
                found.push((start, text));
            }
            _ => {}
        }
        i += 1;
    }
    found
}

/// Number of hashes of the raw string that begins here, if one does.
fn raw_hashes(chars: &[char], i: usize) -> Option<usize> {
    let hashes = chars[i + 1..].iter().take_while(|c| **c == '#').count();
    (chars.get(i + 1 + hashes) == Some(&'"')).then_some(hashes)
}

/// Tells 'x' and '\n' from a lifetime.
fn is_char_literal(chars: &[char], i: usize) -> bool {
    chars.get(i + 1) == Some(&'\\') || chars.get(i + 2) == Some(&'\'')
}

fn files(directory: &Path, extension: &str, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, extension, into);
        } else if path.extension().is_some_and(|e| e == extension) {
            into.push(path);
        }
    }
}

#[test]
fn the_tokenizer_finds_strings_and_skips_comments_and_lifetimes() {
    let source = "fn f<'a>(x: &'a str) {} // \"no\"\n/* \"no /* \"no\" */ \n */ let s = \"α\\\"β\";\n\
                  let c = 'γ'; let r = r#\"δ\"ε\"#; let u = '\\u{3b6}'; let q = '\\''; let t = \"η\";";
    let texts: Vec<_> = literals(source);
    let expected = [
        (3, "αβ"),
        (4, "γ"),
        (4, "δ\"ε"),
        (4, "ζ"),
        (4, ""),
        (4, "η"),
    ];
    assert_eq!(
        texts,
        expected.map(|(line, text)| (line, String::from(text)))
    );
}

#[test]
fn the_bundled_fonts_have_every_character_that_the_program_can_draw() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    files(&root.join("src"), "rs", &mut sources);
    assert!(!sources.is_empty());
    let mut texts: Vec<(String, String)> = Vec::new();
    for path in &sources {
        let source = fs::read_to_string(path).expect("a readable source file");
        for (line, text) in literals(&source) {
            texts.push((format!("{}:{line}", path.display()), text));
        }
    }
    let mut presets = Vec::new();
    files(&root.join("assets"), "toml", &mut presets);
    for path in &presets {
        let source = fs::read_to_string(path).expect("a readable preset");
        for (i, text) in source.lines().enumerate() {
            texts.push((format!("{}:{}", path.display(), i + 1), text.into()));
        }
    }
    // Written by the number formatting, character by character.
    texts.push(("superscripts".into(), "⁰¹²³⁴⁵⁶⁷⁸⁹⁻×∞−".into()));

    let mut fonts_of_the_program = Fonts::new(TextOptions::default(), fonts::bundled());
    let families = [
        FontFamily::Proportional,
        FontFamily::Monospace,
        fonts::bold(),
    ];
    let mut missing = Vec::new();
    let mut checked = 0;
    for (place, text) in &texts {
        // Two code points are no characters: they are looked for, never drawn.
        let drawn =
            |c: &char| !c.is_ascii() && !c.is_control() && !matches!(c, '\u{FFFE}' | '\u{FFFF}');
        for c in text.chars().filter(drawn) {
            checked += 1;
            for family in &families {
                let font = FontId::new(12.0, family.clone());
                if !fonts_of_the_program.has_glyph(&font, c) {
                    missing.push(format!("{place}: {c} (U+{:04X}) in {family}", c as u32));
                }
            }
        }
    }
    assert!(checked > 100, "the scan found next to nothing");
    assert!(missing.is_empty(), "no glyph for:\n{}", missing.join("\n"));
    let font = FontId::proportional(12.0);
    assert!(
        !fonts_of_the_program.has_glyph(&font, '\u{1F9E0}'),
        "the check cannot fail"
    );
}
