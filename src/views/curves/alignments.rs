//! The alignments over log time.

use super::{
    ALIGNMENTS, AlignmentCurve, CurvesAction, CurvesState, FEW, PlotKind,
    bounds::Span,
    panel::{Panel, Scene, context_menu, describe, finish, plot, settle},
    placement::Side,
    series::{Drawn, Pen},
};
use crate::history::Run;
use crate::training::protocol::Phase;
use crate::views::axes::Scale;
use egui::{Color32, Rect, Ui};

/// Shows the alignments.
pub(super) fn alignments<'a>(
    ui: &mut Ui,
    rect: Rect,
    scene: &Scene<'a>,
    state: &mut CurvesState,
    dt: f64,
    action: &mut Option<CurvesAction>,
) -> Panel<'a> {
    let Scene { model, theme, .. } = *scene;
    let canvas = scene.canvas(Scale::Linear, state.alignment.shown(), rect.height());
    let known = &state.kept;
    let on = state.alignments;
    let chosen = ALIGNMENTS.iter().zip(on).filter(|(_, on)| *on);
    let chosen: Vec<&AlignmentCurve> = chosen.map(|(curve, _)| curve).collect();
    let draw = |run: &Run, color: &dyn Fn(&AlignmentCurve) -> Color32, width| {
        let line = |curve: &&AlignmentCurve| {
            let pen = Pen {
                color: color(curve),
                width,
                style: curve.style,
            };
            Drawn::new(run, curve.metric, canvas, pen, known)
        };
        chosen.iter().map(line).collect::<Vec<_>>()
    };
    let mut behind = Vec::new();
    for ghost in model.ghosts {
        let color = theme
            .ghost
            .gamma_multiply(0.75 * ghost.opacity.clamp(0.0, 1.0));
        behind.extend(draw(ghost.run, &|_| color, 1.5));
    }
    let faded = behind.len();
    for kept in model.pinned {
        let many = model.pinned.len() > FEW;
        let pale = |curve: &AlignmentCurve| {
            let first = chosen.first().is_some_and(|c| c.metric == curve.metric);
            if many && !first {
                kept.color.gamma_multiply(0.5)
            } else {
                kept.color
            }
        };
        behind.extend(draw(kept.run, &pale, if many { 1.2 } else { 1.5 }));
    }
    let curves = model
        .run
        .map(|run| draw(run, &|curve| (curve.color)(theme), 2.2))
        .unwrap_or_default();
    let (values, moving) = state.alignment.advance(Span::new(-0.04, 1.08), dt);
    let axes = (scene.time, values);
    let shown = plot(ui, rect, "alignment", Scale::Linear, theme, axes, state);
    let mut panel = finish(ui, shown, theme, moving, curves);
    panel.draw(&behind);
    let (time, axis) = (&mut state.time, &mut state.alignment);
    settle(&mut panel, scene.time, values, time, axis);
    panel
        .overlay
        .avoid(behind[faded..].iter().chain(&panel.curves));
    if let Some(run) = model.run {
        if let Some(step) = model.cursor {
            panel.overlay.veil(step);
        }
        panel.overlay.divergence(run, false);
        for (line, curve) in panel.curves.iter().zip(&chosen) {
            let places = &mut state.places;
            panel.overlay.label(line, curve.label, Side::Above, places);
        }
        if run.phase() == Phase::Running {
            for curve in &panel.curves {
                panel.overlay.head(curve);
            }
        }
    }
    describe(&panel.response, "Alignment over training steps", model.run);
    context_menu(&panel.response, PlotKind::Alignment, state, model, action);
    panel
}
