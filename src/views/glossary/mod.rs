//! What the words in the window mean, for somebody who meets them for the first
//! time: a list that is searched by name, and texts whose words lead to it.

mod terms;

pub use terms::{TERMS, Term};

use super::{fonts, theme::Theme};
use egui::{Color32, Context, Id, Label, RichText, Stroke, TextFormat, TextStyle, Ui};
use std::{ops::Range, sync::Arc};

/// The words whose name or another form has this in it; all of them for nothing.
pub fn find(query: &str) -> impl Iterator<Item = &'static Term> {
    let query = query.trim().to_lowercase();
    TERMS.iter().filter(move |term| {
        let mut names = std::iter::once(&term.name).chain(term.forms);
        names.any(|name| name.to_lowercase().contains(&query))
    })
}

/// Where a text speaks of words of the list, from left to right and each once: the
/// places in bytes. Of two that overlap the longer one counts.
pub fn mentions(text: &str) -> Vec<(Range<usize>, &'static Term)> {
    let mut found: Vec<(Range<usize>, &'static Term)> = Vec::new();
    for term in TERMS {
        let names = std::iter::once(&term.name).chain(term.forms);
        let mut places: Vec<Range<usize>> = names.flat_map(|name| places(text, name)).collect();
        places.sort_by_key(|place| (place.start, std::cmp::Reverse(place.end)));
        found.extend(places.into_iter().map(|place| (place, term)));
    }
    found.sort_by_key(|(place, _)| (place.start, std::cmp::Reverse(place.end)));
    let mut kept: Vec<(Range<usize>, &'static Term)> = Vec::new();
    let mut end = 0;
    for (place, term) in found {
        if place.start >= end {
            end = place.end;
            if kept.iter().all(|(_, other)| *other != term) {
                kept.push((place, term));
            }
        }
    }
    kept
}

/// Where a word stands by itself. Symbols are taken as they are written.
fn places(text: &str, name: &str) -> Vec<Range<usize>> {
    let symbol = name.chars().count() <= 3;
    let same = |part: &str| match symbol {
        true => part == name,
        false => part.eq_ignore_ascii_case(name),
    };
    let letter = |c: char| c.is_alphanumeric() || "_ᵀ⁻".contains(c);
    let mut before = None;
    let mut found = Vec::new();
    for (start, c) in text.char_indices() {
        let begins = !before.replace(c).is_some_and(letter);
        let place = start..start + name.len();
        if begins
            && text.get(place.clone()).is_some_and(same)
            && !text[place.end..].chars().next().is_some_and(letter)
        {
            found.push(place);
        }
    }
    found
}

/// A text whose words show what they mean while the pointer is on them, and on a
/// click lead to the list: [`asked`] then tells which. With `lines` it has so many
/// lines at most, and shows on hover what does not fit.
pub fn label(ui: &mut Ui, theme: &Theme, text: &str, colour: Color32, lines: Option<usize>) {
    let format = TextFormat {
        font_id: TextStyle::Body.resolve(ui.style()),
        color: colour,
        ..TextFormat::default()
    };
    show(ui, theme, text, &format, lines);
}

/// The same as a small heading in spaced capitals.
pub fn heading(ui: &mut Ui, theme: &Theme, text: &str) {
    let format = TextFormat {
        font_id: TextStyle::Small.resolve(ui.style()),
        color: theme.faint,
        extra_letter_spacing: 0.9,
        ..TextFormat::default()
    };
    show(ui, theme, text, &format, None);
}

fn show(ui: &mut Ui, theme: &Theme, text: &str, plain: &TextFormat, lines: Option<usize>) {
    let mentions = mentions(text);
    let format = |underlined: bool| TextFormat {
        underline: match underlined {
            true => Stroke::new(1.0, plain.color.gamma_multiply(0.35)),
            false => Stroke::NONE,
        },
        ..plain.clone()
    };
    let mut job = egui::text::LayoutJob::default();
    let mut done = 0;
    for (place, _) in &mentions {
        job.append(&text[done..place.start], 0.0, format(false));
        job.append(&text[place.clone()], 0.0, format(true));
        done = place.end;
    }
    job.append(&text[done..], 0.0, format(false));
    if let Some(lines) = lines {
        job.wrap.max_rows = lines;
    }
    let label = Label::new(job).selectable(false);
    let label = match lines {
        Some(1) => label.truncate(),
        _ => label.wrap(),
    };
    let (at, galley, response) = label.layout_in_ui(ui);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, text));
    ui.painter().galley(at, Arc::clone(&galley), plain.color);
    let pointed = response.hover_pos().and_then(|pointer| {
        let offset = pointer - at;
        if offset.x > galley.size().x || offset.y > galley.size().y {
            return None;
        }
        let index = galley.cursor_from_pos(offset).index;
        let byte = text.char_indices().nth(index.into()).map(|(at, _)| at)?;
        let mut mentions = mentions.iter();
        mentions.find_map(|(place, term)| place.contains(&byte).then_some(*term))
    });
    match pointed {
        Some(term) => {
            if ui.input(|i| i.pointer.primary_clicked()) {
                ui.data_mut(|d| d.insert_temp(Id::unique("glossary asked"), term.name));
            }
            response
                .on_hover_cursor(egui::CursorIcon::Help)
                .on_hover_ui_at_pointer(|ui| {
                    ui.set_max_width(ui.spacing().tooltip_width);
                    entry(ui, theme, term);
                });
        }
        None if galley.elided => {
            response.on_hover_text(text);
        }
        None => {}
    }
}

/// The word that was clicked since the last time.
pub fn asked(ctx: &Context) -> Option<&'static str> {
    ctx.data_mut(|d| d.remove_temp(Id::unique("glossary asked")))
}

/// Shows a word when the list is drawn next.
pub fn look_up(ctx: &Context, name: &str) {
    ctx.data_mut(|d| d.insert_temp(search_id(), name.to_owned()));
}

fn search_id() -> Id {
    Id::unique("glossary search")
}

fn entry(ui: &mut Ui, theme: &Theme, term: &Term) {
    ui.label(
        RichText::new(term.name)
            .family(fonts::bold())
            .color(theme.text),
    );
    ui.label(RichText::new(term.meaning).color(theme.text));
}

/// Draws the list, with a field that searches it.
pub fn list(ui: &mut Ui, theme: &Theme) {
    let id = search_id();
    let mut query: String = ui.data(|d| d.get_temp(id)).unwrap_or_default();
    ui.horizontal(|ui| {
        let field = egui::TextEdit::singleline(&mut query)
            .hint_text("search a word or a symbol")
            .desired_width(220.0);
        ui.add(field)
            .on_hover_text("Shows the words that have this in their name")
            .accessible_name("Search the glossary");
        let all = ui
            .add_enabled(!query.is_empty(), egui::Button::new("All words"))
            .on_hover_text("Empties the search and shows every word");
        if all.clicked() {
            query.clear();
        }
    });
    ui.add_space(4.0);
    let mut none = true;
    for term in find(&query) {
        none = false;
        entry(ui, theme, term);
        ui.add_space(3.0);
    }
    if none {
        ui.label(RichText::new("No word has this in its name.").color(theme.muted));
    }
    ui.data_mut(|d| d.insert_temp(id, query));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_a_name_of_its_own_and_one_to_three_sentences() {
        let mut names: Vec<&str> = Vec::new();
        for term in TERMS {
            names.extend(std::iter::once(&term.name).chain(term.forms));
            let sentences = 1 + term.meaning.matches(". ").count();
            assert!(
                sentences <= 3 && term.meaning.ends_with('.'),
                "{}: {sentences} sentences",
                term.name
            );
        }
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all, "a form leads to one word only");
    }

    #[test]
    fn words_are_found_by_any_part_of_their_names() {
        for word in [
            "kernel",
            "kernel alignment",
            "NTK",
            "feature",
            "feature alignment",
            "lazy",
            "rich",
            "α",
            "ε",
            "P",
            "flow time",
            "zero predictor",
            "residual",
            "readout",
            "learning rate",
            "memorise",
            "fit",
            "generalise",
            "grokking",
            "threshold",
            "κ",
            "weight decay",
            "linearised",
            "effective rank",
            "laziness",
        ] {
            assert!(find(word).next().is_some(), "{word}");
        }
        assert_eq!(find("").count(), TERMS.len());
        assert_eq!(find("xyz").count(), 0);
    }

    #[test]
    fn a_text_leads_to_its_words_whole_and_once() {
        let text = "Memorised: the lazy model has K₀ and ε; the kernel alignment is that of K₀.";
        let names: Vec<&str> = mentions(text).iter().map(|(_, t)| t.name).collect();
        assert_eq!(
            names,
            [
                "memorise, fit",
                "lazy (linearised) model",
                "kernel",
                "ε, the share of the quadratic part",
                "kernel alignment"
            ]
        );
        for (place, _) in mentions(text) {
            assert!(text.get(place).is_some());
        }
        assert!(mentions("Pick outfits: PP, λ_max").is_empty());
    }
}
