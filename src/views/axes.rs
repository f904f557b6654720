//! The axes of [`plot::axis`](crate::plot::axis) for egui_plot, which knows no
//! logarithmic ones: data are plotted by their places.

use crate::plot::axis::{self, AxisMark, Room, Span};
pub use crate::plot::axis::{Scale, even_ticks};
use egui_plot::{GridInput, GridMark};
use std::ops::RangeInclusive;

/// egui_plot's default smallest grid spacing, on which
/// [`GridInput::base_step_size`] is based.
pub const MIN_GRID_DISTANCE: f64 = 8.0;

fn room(input: GridInput) -> Room {
    let (low, high) = input.bounds;
    Room {
        span: Span::new(low, high),
        points_per_unit: MIN_GRID_DISTANCE / input.base_step_size,
    }
}

fn grid(marks: Vec<AxisMark>) -> Vec<GridMark> {
    let mark = |mark: AxisMark| GridMark {
        value: mark.place,
        step_size: mark.step,
    };
    marks.into_iter().map(mark).collect()
}

fn mark(mark: GridMark) -> AxisMark {
    AxisMark {
        place: mark.value,
        step: mark.step_size,
    }
}

fn span(range: &RangeInclusive<f64>) -> Span {
    Span::new(*range.start(), *range.end())
}

/// Grid marks of a scale.
pub fn marks(scale: Scale, input: GridInput) -> Vec<GridMark> {
    grid(scale.marks(room(input)))
}

/// Tick label of a scale.
pub fn tick(scale: Scale, at: GridMark, range: &RangeInclusive<f64>) -> String {
    scale.tick(mark(at), span(range))
}

/// Grid marks of the time axis.
pub fn time_marks(input: GridInput) -> Vec<GridMark> {
    grid(axis::time_marks(room(input)))
}

/// Tick label of the time axis.
pub fn time_tick(at: GridMark, range: &RangeInclusive<f64>) -> String {
    axis::time_tick(mark(at), span(range))
}
