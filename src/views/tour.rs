//! A guided tour in a few cards. It stands beside what it speaks of, holds nothing up
//! and is left with one key.

use super::{action::Action, fonts, glossary, theme::Theme};
use egui::{
    Align, Area, Context, Frame, Id, LayerId, Layout, Margin, Order, Pos2, Rect, RichText, Stroke,
    StrokeKind, Vec2, pos2, vec2,
};

/// What a card points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Losses,
    Alpha,
    Lower,
    Transport,
    Top,
}

struct Card {
    place: Place,
    title: &'static str,
    text: &'static str,
}

/// Two minutes, read aloud.
static CARDS: [Card; 5] = [
    Card {
        place: Place::Losses,
        title: "Watch the two curves",
        text: "Dashed is the train loss, solid the test loss, over training steps that grow by factors of ten. The network soon fits what it is shown; on everything else it is no better for long. Then the test loss falls too: grokking.",
    },
    Card {
        place: Place::Alpha,
        title: "α: how lazy",
        text: "Drag it. At a large α the weights hardly have to move to fit the data: the network is lazy, it keeps the features that it was born with, and groks later or not at all. At a small α it is rich: it must learn features at once.",
    },
    Card {
        place: Place::Lower,
        title: "The features turn",
        text: "The lower plot shows how far the neurons' weights, the features, point along the target, and the kernel with them. They turn when the test loss falls. ε sets how much the first kernel points there already, P how much the data tell.",
    },
    Card {
        place: Place::Transport,
        title: "Time",
        text: "Space holds and goes on, the menu beside it sets the pace. Drag the rail below the plots to go back: every panel then shows that step. 1, 2 and 3 lead to where it fits, peaks and generalises.",
    },
    Card {
        place: Place::Top,
        title: "From here",
        text: "Presets show one thing each. F5 gives a lecture of five minutes in nine steps. G lets you guess when it generalises, W says why it is so, and ? has every key and word.",
    },
];

/// Where things are in the window.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// The card.
    pub card: usize,
    /// The bar at the top.
    pub top: Rect,
    /// The settings, where they are open.
    pub settings: Option<Rect>,
    /// The plots.
    pub plots: Rect,
}

/// Cards in all.
pub fn cards() -> usize {
    CARDS.len()
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TourAction {
    /// From the beginning.
    Begin,
    /// A card.
    Card(usize),
    /// Enough.
    Leave,
}

/// Where the slider of α is, told by the settings as they are drawn.
pub fn alpha_id() -> Id {
    Id::unique("place of the slider of α")
}

impl View {
    fn target(&self, ctx: &Context, place: Place) -> Rect {
        let plots = self.plots;
        let split = plots.top() + 0.62 * plots.height();
        match place {
            Place::Losses => Rect::from_min_max(plots.min, pos2(plots.right(), split)),
            Place::Lower => {
                Rect::from_min_max(pos2(plots.left(), split), plots.max - vec2(0.0, 46.0))
            }
            Place::Transport => {
                Rect::from_min_max(pos2(plots.left(), plots.bottom() - 46.0), plots.max)
            }
            Place::Top => self.top,
            Place::Alpha => {
                let slider = ctx.data(|d| d.get_temp::<Rect>(alpha_id()));
                let inside = |rect: &Rect| self.settings.is_some_and(|s| s.contains(rect.center()));
                let edge = Rect::from_min_size(plots.left_top(), vec2(4.0, 60.0));
                slider.filter(inside).or(self.settings).unwrap_or(edge)
            }
        }
    }
}

const WIDTH: f32 = 330.0;

/// A corner for a card of this size that leaves the target and, where it can, the
/// upper left of the plots free.
fn beside(target: Rect, size: Vec2, screen: Rect, place: Place) -> Pos2 {
    let corner = match place {
        Place::Losses => pos2(target.left() + 70.0, target.bottom() + 6.0),
        Place::Lower => pos2(target.left() + 70.0, target.top() - size.y - 8.0),
        Place::Alpha => pos2(target.right() + 16.0, target.top() - 4.0),
        Place::Transport => pos2(
            target.center().x - 0.5 * size.x,
            target.top() - size.y - 8.0,
        ),
        Place::Top => pos2(target.left() + 16.0, target.bottom() + 8.0),
    };
    let most = screen.max - size - vec2(8.0, 8.0);
    let least = screen.min + vec2(8.0, 8.0);
    corner.min(most).max(least)
}

/// Draws the card; what is asked for are actions.
pub fn show(ctx: &Context, theme: &Theme, view: &View, actions: &mut Vec<Action>) {
    let Some(card) = CARDS.get(view.card) else {
        return;
    };
    let target = view.target(ctx, card.place);
    let layer = LayerId::new(Order::Middle, Id::unique("tour's frame"));
    let painter = ctx.layer_painter(layer);
    let stroke = Stroke::new(2.0, theme.accent);
    painter.rect_stroke(target.shrink(1.0), 6.0, stroke, StrokeKind::Inside);
    let id = Id::unique("tour");
    let known = id.with("size");
    let width = WIDTH.min(ctx.content_rect().width() - 60.0);
    let size = ctx
        .data(|d| d.get_temp(known))
        .unwrap_or(vec2(width + 28.0, 170.0));
    let at = beside(target, size, ctx.content_rect(), card.place);
    let area = Area::new(id)
        .order(Order::Foreground)
        .fixed_pos(at)
        .show(ctx, |ui| {
            Frame::new()
                .fill(theme.panel)
                .stroke(stroke)
                .corner_radius(8)
                .inner_margin(Margin::same(12))
                .show(ui, |ui| {
                    ui.set_width(width);
                    content(ui, theme, view.card, card, actions);
                });
        });
    let now = area.response.rect.size();
    if now != size {
        ctx.data_mut(|d| d.insert_temp(known, now));
        ctx.request_repaint();
    }
}

fn content(
    ui: &mut egui::Ui,
    theme: &Theme,
    number: usize,
    card: &Card,
    actions: &mut Vec<Action>,
) {
    ui.label(
        RichText::new(card.title)
            .family(fonts::bold())
            .color(theme.text),
    );
    glossary::label(ui, theme, card.text, theme.text, None);
    ui.add_space(4.0);
    ui.horizontal(|ui| {
        let mut button = |text: &str, why: &str, action: TourAction| {
            if ui.button(text).on_hover_text(why).clicked() {
                actions.push(Action::Tour(action));
            }
        };
        match number + 1 < CARDS.len() {
            true => button(
                "Next",
                "The next of five cards",
                TourAction::Card(number + 1),
            ),
            false => button("Done", "The end of the tour", TourAction::Leave),
        }
        if number > 0 {
            button("Back", "The card before", TourAction::Card(number - 1));
        }
        if number + 1 < CARDS.len() {
            button(
                "Leave the tour",
                "Enough (Esc); the help has a button that begins it again",
                TourAction::Leave,
            );
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let place = format!("{} of {}", number + 1, CARDS.len());
            ui.label(RichText::new(place).color(theme.muted));
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tour_takes_two_minutes_and_says_what_the_words_mean() {
        let words: usize = CARDS
            .iter()
            .map(|c| c.text.split_whitespace().count())
            .sum();
        // Read at 130 words a minute.
        assert!((120..=260).contains(&words), "{words} words");
        let all: String = CARDS.iter().map(|card| card.text).collect();
        for word in ["lazy", "rich", "α", "ε", "P ", "features", "kernel", "grok"] {
            assert!(all.contains(word), "{word}");
        }
    }

    #[test]
    fn a_card_stays_in_the_window_and_beside_what_it_speaks_of() {
        let screen = Rect::from_min_size(Pos2::ZERO, vec2(640.0, 420.0));
        let size = vec2(350.0, 170.0);
        for place in [
            Place::Losses,
            Place::Alpha,
            Place::Lower,
            Place::Transport,
            Place::Top,
        ] {
            for target in [
                Rect::from_min_size(pos2(10.0, 60.0), vec2(200.0, 30.0)),
                Rect::from_min_size(pos2(500.0, 380.0), vec2(120.0, 30.0)),
            ] {
                let card = Rect::from_min_size(beside(target, size, screen, place), size);
                assert!(screen.contains_rect(card), "{place:?} {card}");
            }
        }
    }
}
