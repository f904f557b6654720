//! Lines on which the features are to escape at the same step, as the data of the
//! cells predict it.

use crate::sweep::diagram::Diagram;

/// A piece of a line, in places from the lower left corner: the middle of place k is
/// k + ½.
pub(super) type Piece = [[f64; 2]; 2];

/// The lines at round steps.
pub(super) fn escape(diagram: &Diagram) -> Vec<(u64, Vec<Piece>)> {
    let value = |place| diagram.summary(place).and_then(|s| s.escape_log());
    let logs: Vec<f64> = diagram.layout().places().filter_map(value).collect();
    let low = logs.iter().copied().fold(f64::INFINITY, f64::min);
    let high = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let lines = levels(low, high).into_iter().map(|level| {
        let log = (level as f64).log10();
        (level, contour(diagram.layout().size(), &value, log))
    });
    lines.filter(|(_, pieces)| !pieces.is_empty()).collect()
}

/// Powers of ten between two logarithms; 1, 2 and 5 of each where there are few.
fn levels(low: f64, high: f64) -> Vec<u64> {
    let inside = |factors: &[u64]| -> Vec<u64> {
        (0..12)
            .flat_map(|k| factors.iter().map(move |f| f * 10u64.pow(k)))
            .filter(|&level| (low..=high).contains(&(level as f64).log10()))
            .collect()
    };
    let decades = inside(&[1]);
    match decades.len() {
        0 | 1 => inside(&[1, 2, 5]),
        _ => decades,
    }
}

/// Marching triangles between the middles of the cells; where a value is missing there
/// is no line.
fn contour(
    [width, height]: [usize; 2],
    value: &impl Fn([usize; 2]) -> Option<f64>,
    level: f64,
) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for x in 0..width.saturating_sub(1) {
        for y in 0..height.saturating_sub(1) {
            let corner = |dx: usize, dy: usize| {
                let v = value([x + dx, y + dy])?;
                Some(([(x + dx) as f64 + 0.5, (y + dy) as f64 + 0.5], v))
            };
            for triangle in [[(0, 0), (1, 0), (1, 1)], [(0, 0), (0, 1), (1, 1)]] {
                let corners = triangle.map(|(dx, dy)| corner(dx, dy));
                let [Some(a), Some(b), Some(c)] = corners else {
                    continue;
                };
                let crossings: Vec<[f64; 2]> = [(a, b), (b, c), (a, c)]
                    .into_iter()
                    .filter_map(|((p, u), (q, v))| {
                        let crosses = (u < level) != (v < level);
                        let t = (level - u) / (v - u);
                        crosses.then(|| [p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])])
                    })
                    .collect();
                if let [from, to] = crossings[..] {
                    pieces.push([from, to]);
                }
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_lies_where_the_values_pass_its_level() {
        let value = |[x, y]: [usize; 2]| Some((x + 2 * y) as f64);
        let pieces = contour([4, 4], &value, 2.5);
        assert!(!pieces.is_empty());
        for [x, y] in pieces.into_iter().flatten() {
            assert!((x - 0.5 + 2.0 * (y - 0.5) - 2.5).abs() < 1e-12);
        }
        assert!(contour([4, 4], &|_| None, 2.5).is_empty());
        assert!(contour([1, 4], &value, 2.5).is_empty());
    }

    #[test]
    fn levels_are_round() {
        assert_eq!(levels(1.5, 4.2), [100, 1_000, 10_000]);
        assert_eq!(levels(2.1, 3.0), [200, 500, 1_000]);
        assert!(levels(f64::INFINITY, f64::NEG_INFINITY).is_empty());
    }
}
