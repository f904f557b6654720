//! The same settings with other seeds: how many, drawn as a band, and by which step
//! how many of them have generalised.

use super::View;
use crate::{
    history::{
        Run, format,
        seeds::{FEWEST, QUANTILES, Seeds, Survival},
    },
    views::{
        action::Action,
        controls::heading,
        pins::MAX_PINS,
        polyline::ScreenPen,
        small_plot::SmallPlot,
        sweep_form::{Spacing, SweepForm},
        theme::Theme,
    },
};
use egui::{Button, Label, RichText, Ui};

/// Seeds that are trained at once.
const SEEDS: usize = 8;

/// Draws the section.
pub(super) fn show(ui: &mut Ui, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
    heading(ui, theme, "SEEDS");
    let seed = view.config.seed;
    let form = SweepForm {
        key: "seed",
        from: format!("{}", seed.saturating_add(1)),
        to: format!("{}", seed.saturating_add(SEEDS as u64)),
        count: SEEDS,
        spacing: Spacing::Linear,
    };
    let seeded = view.config.task.draw.is_seeded() && seed < u64::from(u32::MAX);
    let room = view.pins.len() + SEEDS <= MAX_PINS;
    let why = if !seeded {
        "The random numbers are the authors' own: there is no other seed.".to_owned()
    } else if !room {
        format!("At most {MAX_PINS} runs are pinned: remove some first.")
    } else {
        format!(
            "Computes these settings with {SEEDS} other seeds, the gradient flow of each where it is known, and pins them. {FEWEST} or more are drawn as their median with a band."
        )
    };
    let ready = view.run.is_some() && view.sweep.is_none() && seeded && room;
    let train = ui
        .add_enabled(ready, Button::new(format!("Train {SEEDS} other seeds")))
        .on_hover_text(&why)
        .on_disabled_hover_text(&why);
    if train.clicked() {
        actions.push(Action::Sweep(form));
    }
    let shown = view.pins.iter().filter(|pin| pin.shown).map(|pin| pin.run);
    let Some(seeds) = Seeds::among(shown) else {
        return;
    };
    let mut banded = view.seeds;
    let [low, high] = QUANTILES.map(|q| 100.0 * q);
    ui.checkbox(
        &mut banded,
        format!("{} seeds as median and band", seeds.count()),
    )
    .on_hover_text(format!(
        "The band holds the losses from the {low:.0}th to the {high:.0}th percentile of the seeds, step by step. Off: one curve for each."
    ));
    if banded != view.seeds {
        actions.push(Action::ShowSeeds(banded));
    }
    let found = seeds.generalised();
    let text = RichText::new(sentence(&found)).color(theme.muted);
    ui.add(Label::new(text).wrap());
    survival(ui, theme, &found, view.run);
}

/// What came of the seeds, in words.
fn sentence(found: &Survival) -> String {
    let of = found.happened + found.not_yet;
    let rest = match found.not_yet {
        0 => String::new(),
        n => format!(
            " {n} had not by their last step: they count for as long as they were seen, not as never."
        ),
    };
    let median = match found.median() {
        Some(step) => format!(" Half have by step {}.", format::steps(step)),
        None => format!(
            " Fewer than half have by step {}.",
            format::steps(found.end)
        ),
    };
    format!("{} of {of} seeds generalise.{median}{rest}", found.happened)
}

/// The share that has generalised by each step, and where the run on screen did.
fn survival(ui: &mut Ui, theme: &Theme, found: &Survival, run: Option<&Run>) {
    let mut seen = None;
    let name = "Share of the seeds that have generalised, over training steps";
    let (plot, _) = SmallPlot::over_time(ui, name, 92.0, found.end, (0.0, 1.04));
    plot.time_ticks(theme);
    for (share, text) in [(0.0, "0"), (0.5, "½"), (1.0, "1")] {
        plot.y_tick(share, text, theme);
    }
    let log = |step: u64| (step.max(1) as f64).log10();
    let mut points = vec![(0.0, 0.0)];
    for (step, share) in &found.steps {
        let before = points.last().map_or(0.0, |p: &(f64, f64)| p.1);
        points.extend([(log(*step), before), (log(*step), *share)]);
        seen = Some(*share);
    }
    points.push((log(found.end), seen.unwrap_or(0.0)));
    plot.curve(points.into_iter(), ScreenPen::line(theme.test, 1.8, false));
    if let Some(step) = run.and_then(|run| run.crossings().generalise) {
        plot.mark(log(step), 0.0, true, theme.test);
    }
}
