//! Values on the command line: sizes, numbers, lists, settings.

use crate::sim::config::number;

/// Steps that increase.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steps(pub Vec<u64>);

pub(super) fn size(text: &str) -> Result<[u32; 2], String> {
    sized(text, [320, 320])
}

/// The window has room for all of its controls from this size on.
pub(super) fn window_size(text: &str) -> Result<[u32; 2], String> {
    sized(text, [640, 420])
}

fn sized(text: &str, least: [u32; 2]) -> Result<[u32; 2], String> {
    const MOST: u32 = 4096;
    let form = || {
        let [width, height] = least;
        format!(
            "expected width and height in points, from {width}x{height} to {MOST}x{MOST}, such as \
             1280x800"
        )
    };
    let side = |side: &str, least| {
        let points = side.trim().parse().ok();
        points
            .filter(|p| (least..=MOST).contains(p))
            .ok_or_else(form)
    };
    let (width, height) = text.split_once('x').ok_or_else(form)?;
    Ok([side(width, least[0])?, side(height, least[1])?])
}

pub(super) fn resolution(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(factor) if (0.5..=4.0).contains(&factor) => Ok(factor),
        _ => Err("expected a factor from 0.5 to 4".into()),
    }
}

/// Which steps `--record` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// So many in each decade.
    PerDecade(u32),
    /// These.
    Steps(Vec<u64>),
}

pub(super) fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            Ok((key.trim().into(), value.trim().into()))
        }
        _ => Err("expected section.key=value, for example network.alpha=0.5".into()),
    }
}

/// A whole number, in any way that a setting reads one.
pub(super) fn whole(text: &str) -> Result<u64, String> {
    number::read_whole(text)
        .ok_or_else(|| "expected a whole number, for example 100000, 1e5 or 10^5".into())
}

pub(super) fn increasing(text: &str) -> Result<Steps, String> {
    match record(text) {
        Ok(Record::Steps(steps)) => Ok(Steps(steps)),
        Ok(Record::PerDecade(_)) => Err("expected a list of steps such as 0,100,1e4".into()),
        Err(error) => Err(error.replace(", or log:20", "")),
    }
}

pub(super) fn record(text: &str) -> Result<Record, String> {
    const FORM: &str = "expected a list of steps such as 1,2,3,5, or log:20";
    if let Some(density) = text.trim().strip_prefix("log:") {
        return match number::read_whole(density).map(u32::try_from) {
            Some(Ok(n)) if n > 0 => Ok(Record::PerDecade(n)),
            _ => Err(format!("{FORM}; `{density}` is no number of points")),
        };
    }
    let steps = number::read_list(text)
        .filter(|steps| !steps.is_empty())
        .ok_or_else(|| format!("{FORM}; `{text}` is neither"))?;
    match steps.windows(2).find(|pair| pair[0] >= pair[1]) {
        Some(pair) => Err(format!(
            "the steps must increase, and {} comes before {}",
            pair[0], pair[1]
        )),
        None => Ok(Record::Steps(steps)),
    }
}
