//! Pen marks and notes on the plots. They stand at values, not at places on the
//! screen: they stay where they belong when an axis moves, and are in every picture of
//! the plot.

use super::{Panel, PlotKind};
use crate::{
    history::decimate::LOG_STEP_ZERO,
    plot::{self, Dash, Ink, Marker, Pen, Series, Symbol},
    views::{
        axes::Scale,
        polyline::{Canvas, ScreenPen},
        theme::Theme,
    },
    workspace::{Note, Plot, Stroke},
};
use egui::{
    Align2, CursorIcon, Id, Key, Pos2, Rect, Shape, TextEdit, TextStyle, Ui, UiBuilder, vec2,
};

/// What the pointer does on the plots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tool {
    /// What it always does.
    #[default]
    None,
    /// It draws.
    Pen,
    /// A click says where to write.
    Note,
}

/// What was drawn and written on the plots.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Annotations {
    /// Lines.
    pub strokes: Vec<Stroke>,
    /// Texts.
    pub notes: Vec<Note>,
    /// What the pointer does.
    pub tool: Tool,
    /// The note that is being written.
    writing: Option<usize>,
}

/// The ink of marks, which no curve has.
const INK: Ink = Ink::Warning;
const WIDTH: f32 = 3.0;
/// Points of a line are at least this far apart on the screen.
const APART: f32 = 1.5;
/// Most points of one line.
const MOST: usize = 4_000;

/// A step and a value as places on the axes.
fn place([step, value]: [f64; 2], scale: Scale) -> [f64; 2] {
    [step.log10().max(LOG_STEP_ZERO), scale.place(value)]
}

fn plot_of(kind: PlotKind) -> Plot {
    match kind {
        PlotKind::Loss => Plot::Loss,
        PlotKind::Lower => Plot::Lower,
    }
}

impl Annotations {
    /// Whether nothing was drawn or written.
    pub fn is_empty(&self) -> bool {
        self.strokes.is_empty() && self.notes.is_empty()
    }

    /// Takes everything away; the tool stays.
    pub fn clear(&mut self) {
        let tool = self.tool;
        *self = Self {
            tool,
            ..Self::default()
        };
    }

    /// Takes the tool up, or puts it away.
    pub fn toggle(&mut self, tool: Tool) {
        self.stop_writing();
        self.tool = match self.tool == tool {
            true => Tool::None,
            false => tool,
        };
    }

    /// What was written so far stays; an empty note goes.
    pub fn stop_writing(&mut self) {
        self.writing = None;
        self.notes.retain(|note| !note.text.trim().is_empty());
    }

    /// Puts what belongs to one plot into its description for print.
    pub fn print(&self, kind: PlotKind, scale: Scale, panel: &mut plot::Panel) {
        let plot = plot_of(kind);
        let place = |at: [f64; 2]| place(at, scale);
        for mark in self.strokes.iter().filter(|m| m.plot == plot) {
            panel.series.push(Series {
                name: String::new(),
                pen: Pen::new(INK, WIDTH, Dash::Solid),
                points: mark.points.iter().copied().map(place).collect(),
                symbol: None,
                right: false,
            });
        }
        for note in self.notes.iter().filter(|n| n.plot == plot) {
            panel.markers.push(Marker {
                at: place(note.at),
                symbol: Symbol::Circle,
                ink: INK,
                text: note.text.clone(),
            });
        }
    }
}

/// A place on the screen as step and value.
fn at(canvas: &Canvas, scale: Scale, pointer: Pos2) -> [f64; 2] {
    let part = |v: f32, low: f32, length: f32| f64::from((v - low) / length.max(1.0));
    let x = part(pointer.x, canvas.rect.left(), canvas.rect.width());
    let y = 1.0 - part(pointer.y, canvas.rect.top(), canvas.rect.height());
    let between = |(low, high): (f64, f64), part: f64| low + part * (high - low);
    let step = 10f64.powf(between(canvas.x, x));
    [step, scale.value(between(canvas.y, y))]
}

/// Draws what belongs to a plot, and takes in what the pointer adds.
pub(super) fn show(
    ui: &mut Ui,
    panel: &Panel<'_>,
    kind: PlotKind,
    scale: Scale,
    annotations: &mut Annotations,
    theme: &Theme,
) {
    let canvas = panel.overlay.canvas;
    let plot = plot_of(kind);
    if annotations.tool != Tool::None {
        take_in(panel, &canvas, plot, scale, annotations);
    }
    let painter = &panel.overlay.painter;
    let pen = ScreenPen::of(Pen::new(INK, WIDTH, Dash::Solid), theme);
    let stroke = egui::Stroke::new(pen.width, pen.colour);
    for mark in annotations.strokes.iter().filter(|m| m.plot == plot) {
        let places = mark.points.iter().map(|&at| place(at, scale));
        for piece in canvas.pieces(places) {
            match piece[..] {
                [dot] => {
                    painter.circle_filled(dot, 0.6 * pen.width, pen.colour);
                }
                _ => {
                    painter.add(Shape::line(piece, stroke));
                }
            }
        }
    }
    let font = TextStyle::Heading.resolve(ui.style());
    let mut written = false;
    let writing = annotations.writing;
    for (i, note) in annotations.notes.iter_mut().enumerate() {
        if note.plot != plot {
            continue;
        }
        let [x, y] = place(note.at, scale);
        let Some(at) = canvas.inside(x, y) else {
            continue;
        };
        painter.circle_filled(at, 4.0, pen.colour);
        // Towards the side that has room.
        let right = at.x < canvas.rect.center().x;
        if writing == Some(i) {
            let size = vec2(0.4 * canvas.rect.width(), ui.spacing().interact_size.y);
            let left = if right {
                at.x + 8.0
            } else {
                at.x - 8.0 - size.x
            };
            let top = at.y.min(canvas.rect.bottom() - size.y - 2.0);
            let rect = Rect::from_min_size(egui::pos2(left, top), size);
            let id = Id::unique(("note", i));
            let field = TextEdit::singleline(&mut note.text)
                .id(id)
                .font(font.clone())
                .hint_text("a note, then Enter")
                .desired_width(size.x);
            let response = ui
                .scope_builder(UiBuilder::new().max_rect(rect), |ui| ui.add(field))
                .inner
                .on_hover_text("What is to stand here; Enter ends it")
                .accessible_name("Note on the plot");
            if !response.has_focus() && !response.lost_focus() {
                response.request_focus();
            }
            let enter = ui.input(|i| i.key_pressed(Key::Enter) || i.key_pressed(Key::Escape));
            written = response.lost_focus() || enter;
            continue;
        }
        let galley = painter.layout(
            note.text.clone(),
            font.clone(),
            theme.text,
            0.5 * canvas.rect.width(),
        );
        let anchor = if right {
            Align2::LEFT_CENTER
        } else {
            Align2::RIGHT_CENTER
        };
        let offset = if right {
            vec2(9.0, 0.0)
        } else {
            vec2(-9.0, 0.0)
        };
        let rect = anchor.anchor_size(at + offset, galley.size());
        painter.rect_filled(rect.expand(3.0), 4.0, theme.background.gamma_multiply(0.85));
        painter.galley(rect.min, galley, theme.text);
    }
    if written {
        annotations.stop_writing();
    }
}

fn take_in(
    panel: &Panel<'_>,
    canvas: &Canvas,
    plot: Plot,
    scale: Scale,
    annotations: &mut Annotations,
) {
    let response = &panel.response;
    let ctx = &response.ctx;
    let over = response.hovered() || response.is_pointer_button_down_on();
    if over {
        ctx.set_cursor_icon(match annotations.tool {
            Tool::Note => CursorIcon::Text,
            _ => CursorIcon::Crosshair,
        });
    }
    let pointer = response.interact_pointer_pos();
    let Some(pointer) = pointer.filter(|p| canvas.rect.contains(*p)) else {
        return;
    };
    let (pressed, down) = ctx.input(|i| (i.pointer.primary_pressed(), i.pointer.primary_down()));
    let here = at(canvas, scale, pointer);
    match annotations.tool {
        Tool::Pen if pressed && response.is_pointer_button_down_on() => {
            annotations.strokes.push(Stroke {
                plot,
                points: vec![here],
            });
        }
        Tool::Pen if down && response.is_pointer_button_down_on() => {
            let last = annotations.strokes.last_mut();
            let Some(mark) = last.filter(|m| m.plot == plot) else {
                return;
            };
            let before = mark
                .points
                .last()
                .and_then(|p| canvas.at(p[0], scale.place(p[1])));
            let moved = before.is_none_or(|before| before.distance(pointer) >= APART);
            if moved && mark.points.len() < MOST {
                mark.points.push(here);
            }
        }
        Tool::Note if response.clicked() => {
            annotations.stop_writing();
            annotations.notes.push(Note {
                plot,
                at: here,
                text: String::new(),
            });
            annotations.writing = Some(annotations.notes.len() - 1);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{Axis, Places, Span};

    #[test]
    fn marks_and_notes_go_into_print_at_their_values() {
        let annotations = Annotations {
            strokes: vec![Stroke {
                plot: Plot::Loss,
                points: vec![[10.0, 0.1], [100.0, 0.01]],
            }],
            notes: vec![Note {
                plot: Plot::Lower,
                at: [1e3, 0.5],
                text: "here".into(),
            }],
            ..Annotations::default()
        };
        let panel = || {
            let time = Axis::new("t", "", Places::Time, Span::new(0.0, 5.0));
            let values = Places::Numbers(Scale::Log);
            plot::Panel::new(
                time,
                Axis::new("loss", "", values, Span::new(-4.0, 0.0)),
                0.6,
            )
        };
        let mut losses = panel();
        annotations.print(PlotKind::Loss, Scale::Log, &mut losses);
        assert_eq!(losses.series[0].points, [[1.0, -1.0], [2.0, -2.0]]);
        assert!(losses.markers.is_empty());
        let mut lower = panel();
        annotations.print(PlotKind::Lower, Scale::Linear, &mut lower);
        assert_eq!((lower.series.len(), lower.markers[0].at), (0, [3.0, 0.5]));
        assert_eq!(lower.markers[0].text, "here");
    }
}
