//! Plots that move: a run over time, or one setting over its values, picture by
//! picture, as GIF, APNG or numbered PNG files.
//!
//! Frames are drawn one at a time while the file is written, so that memory does not
//! grow with their number.

use super::axis::Span;
use super::runs::{Runs, Shown, View};
use super::{Gauge, Panel, Picture, Places, Scale, Series, Style, caption, convert, draw};
use crate::history::decimate::{LOG_STEP_ZERO, log_step};
use crate::history::{Run, format};
use crate::io::{FileError, atomic};
use crate::sim::metrics::Metric;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Fewest and most frames.
pub const FRAMES: std::ops::RangeInclusive<usize> = 2..=1_000;
/// Slowest and fastest, in frames a second.
pub const RATES: std::ops::RangeInclusive<f64> = 0.5..=50.0;
/// Most pixels of a frame.
const MOST_PIXELS: f64 = 1.6e7;
/// How long the last frame stands, in seconds.
const LAST: f64 = 1.5;
/// Share of the strength of what is still to come.
const TO_COME: f32 = 0.28;

/// The form of an animation, which the ending of its name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Film {
    /// Shown everywhere; 256 colours a frame.
    Gif,
    /// An animated PNG: all colours.
    Apng,
    /// A PNG for each frame, numbered from 1.
    Numbered,
}

impl Film {
    /// All, with their endings and what is said of them.
    pub const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Gif, "gif", "Shown everywhere; 256 colours a frame"),
        (
            Self::Apng,
            "apng",
            "An animated PNG: all colours; browsers show it",
        ),
        (
            Self::Numbered,
            "png",
            "A PNG for each frame: NAME-001.png, NAME-002.png …",
        ),
    ];

    /// That of a file, by its ending.
    ///
    /// # Errors
    /// Names the file and the endings that are possible.
    pub fn of(path: &Path) -> Result<Self, FileError> {
        let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
        let ending = ending.as_deref().unwrap_or("");
        let found = Self::ALL.iter().find(|(_, name, _)| *name == ending);
        found.map(|(film, ..)| *film).ok_or_else(|| {
            let said = match ending {
                "" => "has no ending".to_owned(),
                other => format!(".{other} is not written"),
            };
            FileError::new(
                path,
                format!(
                    "{said}; name it with .gif, .apng, or .png for a numbered file for each frame"
                ),
            )
        })
    }

    /// Its ending.
    pub fn ending(self) -> &'static str {
        let found = Self::ALL.iter().find(|(film, ..)| *film == self);
        found.map_or("", |(_, ending, _)| ending)
    }
}

/// Pictures one after the other, made when they are needed.
pub struct Scene {
    frames: usize,
    shot: Box<dyn Fn(usize) -> Picture + Send>,
}

impl Scene {
    /// Number of frames.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// A frame.
    pub fn shot(&self, frame: usize) -> Picture {
        (self.shot)(frame.min(self.frames.saturating_sub(1)))
    }

    /// A picture over log time, its curves up to a moment that moves from step 0 to
    /// `end`; what is still to come is pale.
    pub fn over_time(whole: Picture, end: u64, frames: usize) -> Self {
        let last = log_step(end.max(1));
        let shot = move |frame: usize| {
            let part = frame as f64 / (frames.max(2) - 1) as f64;
            let place = LOG_STEP_ZERO + part * (last - LOG_STEP_ZERO);
            let step = match place < 0.0 {
                true => 0,
                false => (10f64.powf(place).round() as u64).min(end),
            };
            let mut picture = whole.clone();
            for panel in &mut picture.panels {
                if panel.x.places == Places::Time {
                    cut(panel, place);
                }
            }
            let step = format!("step {}", format::thousands(step));
            picture.title = match whole.title.as_str() {
                "" => step,
                title => format!("{title}: {step}"),
            };
            picture
        };
        Self {
            frames,
            shot: Box::new(shot),
        }
    }

    /// Runs of one setting's values, one after the other, on axes that hold them all.
    pub fn over_values(sweep: Values) -> Self {
        let frames = sweep.runs.len();
        let spans = sweep.spans();
        let configs = sweep.runs.iter().map(|(_, run)| run.config());
        let common = format!("{}. {}.", caption::settings(configs), caption::program());
        let shot = move |frame: usize| sweep.picture(frame, &spans, &common);
        Self {
            frames,
            shot: Box::new(shot),
        }
    }
}

/// Draws the curves of a panel up to a place, and pale from there.
fn cut(panel: &mut Panel, place: f64) {
    let mut pale = Vec::new();
    for series in &mut panel.series {
        let at = series.points.partition_point(|p| p[0] <= place);
        if at >= series.points.len() {
            continue;
        }
        let rest = series.points[at.saturating_sub(1)..].to_vec();
        let mut shown = series.points[..at].to_vec();
        // Up to the moment itself, between two points.
        if let (Some(a), Some(b)) = (shown.last().copied(), rest.get(1)) {
            let part = (place - a[0]) / (b[0] - a[0]).max(1e-12);
            shown.push([place, a[1] + part * (b[1] - a[1])]);
        }
        pale.push(Series {
            // One name for both parts.
            name: String::new(),
            pen: series.pen.times(TO_COME),
            points: rest,
            symbol: None,
            right: series.right,
        });
        series.points = shown;
    }
    pale.append(&mut panel.series);
    panel.series = pale;
    panel.markers.retain(|mark| mark.at[0] <= place);
    panel.cursor = Some(place);
}

/// Runs along one setting, and what is drawn of them.
pub struct Values {
    /// The value in words, such as "α = 0.3", and its run; at least one.
    pub runs: Vec<(String, Run)>,
    /// The ends of the axis of the setting, in words.
    pub ends: [String; 2],
    /// Where each run stands between them, from 0 to 1.
    pub parts: Vec<f64>,
    /// Above the value; nothing if empty.
    pub title: String,
    /// Losses, if they are drawn, with their scale.
    pub losses: Option<Scale>,
    /// Columns below them, with their scale; none where empty.
    pub lower: (Vec<Metric>, Scale),
}

/// What of each panel is visible.
struct Spans {
    time: Span,
    panels: Vec<[Option<Span>; 2]>,
}

fn union(one: Option<Span>, other: Option<Span>) -> Option<Span> {
    match (one, other) {
        (Some(a), Some(b)) => Some(Span::new(a.low.min(b.low), a.high.max(b.high))),
        (a, b) => a.or(b),
    }
}

impl Values {
    fn panels(&self, run: &Run, views: &[View]) -> Vec<Panel> {
        let runs = Runs::of(run);
        let view = |k: usize| views.get(k).copied().unwrap_or_default();
        let mut panels = Vec::new();
        if let Some(scale) = self.losses {
            panels.push(runs.losses(Shown::default(), scale, view(0)));
        }
        let (metrics, scale) = &self.lower;
        if !metrics.is_empty() {
            let panel = runs.values(metrics, *scale, view(panels.len()));
            // A lower plot that none of the runs has is no plot.
            if !panel.series.is_empty() || panels.is_empty() || views.len() > panels.len() {
                panels.push(panel);
            }
        }
        panels
    }

    fn spans(&self) -> Spans {
        let mut spans = Spans {
            time: Span::new(LOG_STEP_ZERO, 1.0),
            panels: Vec::new(),
        };
        for (_, run) in &self.runs {
            let time = Runs::of(run).time();
            spans.time = Span::new(spans.time.low.min(time.low), spans.time.high.max(time.high));
            for (k, panel) in self.panels(run, &[]).iter().enumerate() {
                if spans.panels.len() <= k {
                    spans.panels.push([None; 2]);
                }
                let [left, right] = &mut spans.panels[k];
                *left = union(*left, Some(panel.y.span));
                *right = union(*right, panel.right.as_ref().map(|axis| axis.span));
            }
        }
        spans
    }

    fn picture(&self, frame: usize, spans: &Spans, common: &str) -> Picture {
        let Some((name, run)) = self.runs.get(frame) else {
            return Picture::default();
        };
        let view = |[left, _]: &[Option<Span>; 2]| View {
            time: Some(spans.time),
            values: *left,
        };
        let views: Vec<View> = spans.panels.iter().map(view).collect();
        let mut panels = self.panels(run, &views);
        for (panel, [_, span]) in panels.iter_mut().zip(&spans.panels) {
            if let (Some(axis), Some(span)) = (&mut panel.right, span) {
                axis.span = *span;
            }
        }
        let mut picture = Runs::of(run).picture(panels);
        picture.caption = common.to_owned();
        picture.title = match self.title.as_str() {
            "" => name.clone(),
            title => format!("{title}: {name}"),
        };
        picture.gauge = Some(Gauge {
            ends: self.ends.clone(),
            at: self.parts.get(frame).copied().unwrap_or(0.0),
        });
        picture
    }
}

/// Why there is no animation, or no whole one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilmError {
    /// A file that could not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A frame that could not be drawn.
    #[error("{0}")]
    Drawing(String),
    /// It was told to stop after so many frames.
    #[error("told to stop after {0} frames")]
    Stopped(usize),
}

/// How a scene is filmed.
#[derive(Clone, Debug, PartialEq)]
pub struct Filming {
    /// The form.
    pub film: Film,
    /// Size, theme and lines.
    pub style: Style,
    /// Frames a second.
    pub rate: f64,
    /// What made it, for the file to carry.
    pub carried: String,
}

impl Filming {
    /// Checks what single numbers do not tell.
    ///
    /// # Errors
    /// Frames that are too large, or too many or too fast.
    pub fn check(&self, frames: usize) -> Result<(), String> {
        if !FRAMES.contains(&frames) {
            return Err(format!(
                "{frames} frames: from {} to {} are possible",
                FRAMES.start(),
                FRAMES.end()
            ));
        }
        if !RATES.contains(&self.rate) {
            return Err(format!(
                "{} frames a second: from {} to {} are possible",
                self.rate,
                RATES.start(),
                RATES.end()
            ));
        }
        let paper = &self.style.paper;
        let height = paper.height.unwrap_or(2.0 * paper.width);
        match paper.width * height * (self.style.dpi / 25.4).powi(2) <= MOST_PIXELS {
            true => Ok(()),
            false => Err(format!(
                "frames of {} mm at {} pixels per inch have more than {MOST_PIXELS:.1e} pixels; \
                 lower the resolution or the width",
                paper.width, self.style.dpi
            )),
        }
    }
}

/// The names of numbered files: NAME-001.png.
pub fn numbered(path: &Path, frame: usize, frames: usize) -> PathBuf {
    let digits = frames.to_string().len().max(3);
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}-{:0digits$}.{ending}", frame + 1))
}

/// Draws the frames and writes the file, or the files; returns where they went.
/// `watch` is told the number of frames done before each; with `Break` it ends: no GIF
/// or APNG is left then, numbered files are.
///
/// # Errors
/// A file that cannot be written, a frame that cannot be drawn, or being told to stop.
pub fn film(
    scene: &Scene,
    filming: &Filming,
    out: &Path,
    mut watch: impl FnMut(usize) -> ControlFlow<()>,
) -> Result<Vec<PathBuf>, FilmError> {
    let frames = scene.frames();
    filming.check(frames).map_err(FilmError::Drawing)?;
    let mut style = filming.style;
    // All frames have the size of the tallest.
    let tallest = (0..frames)
        .map(|k| draw::size(&scene.shot(k), &style)[1])
        .fold(0.0, f64::max);
    style.paper.height = Some(tallest / super::style::POINTS_PER_MM);
    let mut failure = None;
    let mut next = |k: usize| -> Option<([usize; 2], Vec<u8>)> {
        if watch(k).is_break() {
            failure = Some(FilmError::Stopped(k));
            return None;
        }
        let svg = draw::svg(&scene.shot(k), &style);
        match convert::straight_pixels(&svg, style.dpi) {
            Ok(pixels) => Some(pixels),
            Err(problem) => {
                failure = Some(FilmError::Drawing(problem));
                None
            }
        }
    };
    let written = match filming.film {
        Film::Numbered => write_numbered(out, frames, &filming.carried, &mut next),
        Film::Gif => atomic::write_with(out, |w| write_gif(w, frames, filming, &mut next))
            .map(|()| vec![out.to_owned()]),
        Film::Apng => atomic::write_with(out, |w| write_apng(w, frames, filming, &mut next))
            .map(|()| vec![out.to_owned()]),
    };
    match failure {
        Some(failure) => Err(failure),
        None => Ok(written?),
    }
}

/// The next frame: width, height, RGBA.
type Next<'a> = &'a mut dyn FnMut(usize) -> Option<([usize; 2], Vec<u8>)>;

fn ended() -> io::Error {
    io::Error::other("no further frame")
}

fn sides([width, height]: [usize; 2]) -> io::Result<[u16; 2]> {
    let side = |n: usize| u16::try_from(n).map_err(|_| io::Error::other("too many pixels"));
    Ok([side(width)?, side(height)?])
}

fn write_gif(
    w: &mut dyn Write,
    frames: usize,
    filming: &Filming,
    next: Next<'_>,
) -> io::Result<()> {
    let Some((size, mut rgba)) = next(0) else {
        return Err(ended());
    };
    let [width, height] = sides(size)?;
    let mut encoder = gif::Encoder::new(w, width, height, &[]).map_err(io::Error::other)?;
    let repeat = encoder.set_repeat(gif::Repeat::Infinite);
    repeat.map_err(io::Error::other)?;
    let hundredths = |seconds: f64| (100.0 * seconds).round().clamp(2.0, 1e4) as u16;
    for k in 0..frames {
        if k > 0 {
            (_, rgba) = next(k).ok_or_else(ended)?;
        }
        // 10 is the encoder's own balance of speed and colours.
        let mut frame = gif::Frame::from_rgba_speed(width, height, &mut rgba, 10);
        frame.delay = match k + 1 == frames {
            true => hundredths(LAST),
            false => hundredths(1.0 / filming.rate),
        };
        encoder.write_frame(&frame).map_err(io::Error::other)?;
    }
    if !filming.carried.is_empty() {
        let comment = [convert::METADATA_KEY, ":", &filming.carried].concat();
        let chunks: Vec<&[u8]> = comment.as_bytes().chunks(255).collect();
        encoder
            .write_raw_extension(gif::AnyExtension(0xfe), &chunks)
            .map_err(io::Error::other)?;
    }
    Ok(())
}

fn write_apng(
    w: &mut dyn Write,
    frames: usize,
    filming: &Filming,
    next: Next<'_>,
) -> io::Result<()> {
    let Some((size, mut rgba)) = next(0) else {
        return Err(ended());
    };
    let [width, height] = sides(size)?;
    let mut encoder = png::Encoder::new(w, width.into(), height.into());
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_animated(frames as u32, 0)?;
    let thousandths = |seconds: f64| (1_000.0 * seconds).round().clamp(1.0, 6e4) as u16;
    encoder.set_frame_delay(thousandths(1.0 / filming.rate), 1_000)?;
    if !filming.carried.is_empty() {
        encoder.add_text_chunk(convert::METADATA_KEY.into(), filming.carried.clone())?;
    }
    let mut writer = encoder.write_header()?;
    for k in 0..frames {
        if k > 0 {
            (_, rgba) = next(k).ok_or_else(ended)?;
        }
        if k + 1 == frames {
            writer.set_frame_delay(thousandths(LAST), 1_000)?;
        }
        writer.write_image_data(&rgba)?;
    }
    writer.finish()?;
    Ok(())
}

fn write_numbered(
    out: &Path,
    frames: usize,
    carried: &str,
    next: Next<'_>,
) -> Result<Vec<PathBuf>, FileError> {
    let mut paths = Vec::new();
    for k in 0..frames {
        let Some((size, rgba)) = next(k) else { break };
        let path = numbered(out, k, frames);
        let bytes = convert::encode(size, &rgba, carried);
        let bytes = bytes.map_err(|e| FileError::new(&path, e))?;
        atomic::write(&path, &bytes)?;
        paths.push(path);
    }
    Ok(paths)
}
