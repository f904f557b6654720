//! The plane through three points in the space of all weights: step 0, the lazy
//! solution and the end (the paper's Figure 1(a), measured).
//!
//! Every neuron is w_i = w̄ + Lz_i with z_i fixed at the start and ⟨zzᵀ⟩ = I, so the
//! inner product (1/N)Σ w_i·w'_i of two weight matrices is w̄·w̄' + tr(LᵀL'), at every
//! width: a look at a state costs O(D²).

use super::moments::MomentState;

/// The directions of the two axes, orthonormal, and what is in them.
#[derive(Clone, Debug)]
pub struct Plane {
    origin: MomentState,
    across: MomentState,
    up: MomentState,
    /// ‖W₀‖, the unit of length.
    unit: f64,
    /// The lazy solution: on the first axis.
    pub lazy: [f64; 2],
    /// The end.
    pub end: [f64; 2],
}

/// Where weights are, in units of ‖W₀‖ from step 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// In the plane: along the way to the lazy solution, and across it.
    pub at: [f64; 2],
    /// Distance from the plane.
    pub outside: f64,
}

impl Place {
    /// Share of the squared distance from step 0 that lies in the plane.
    pub fn inside_share(&self) -> f64 {
        let within = self.at[0].powi(2) + self.at[1].powi(2);
        within / (within + self.outside.powi(2))
    }
}

fn dot(a: &MomentState, b: &MomentState) -> f64 {
    let factors = a.factor.iter().zip(&b.factor);
    a.mean.dot(&b.mean) + factors.map(|(x, y)| x * y).sum::<f64>()
}

/// a + scale·b.
fn sum(a: &MomentState, scale: f64, b: &MomentState) -> MomentState {
    MomentState {
        mean: &a.mean + &(&b.mean * scale),
        factor: &a.factor + &(&b.factor * scale),
    }
}

/// Of unit length; zero where there is no direction: less than this part of `size`.
fn normalised(v: &MomentState, size: f64) -> MomentState {
    let length = dot(v, v).sqrt();
    let scale = match length > 1e-9 * size {
        true => 1.0 / length,
        false => 0.0,
    };
    MomentState {
        mean: &v.mean * scale,
        factor: &v.factor * scale,
    }
}

impl Plane {
    /// Through these weights; of a run that stays lazy it is a line. `None` where the
    /// shapes differ, or weights are not finite or all zero.
    pub fn new(origin: &MomentState, lazy: &MomentState, end: &MomentState) -> Option<Self> {
        let same = |s: &MomentState| s.factor.dim() == origin.factor.dim();
        let finite = |s: &MomentState| s.weight_norm_sq().is_finite();
        let unit = origin.weight_norm_sq().sqrt();
        let comparable = [lazy, end].into_iter().all(|s| same(s) && finite(s));
        if !comparable || !unit.is_finite() || unit == 0.0 {
            return None;
        }
        let to_lazy = sum(lazy, -1.0, origin);
        let to_end = sum(end, -1.0, origin);
        let across = normalised(&to_lazy, unit);
        let rest = sum(&to_end, -dot(&to_end, &across), &across);
        let up = normalised(&rest, dot(&to_end, &to_end).sqrt());
        let mut plane = Self {
            origin: origin.clone(),
            across,
            up,
            unit,
            lazy: [0.0; 2],
            end: [0.0; 2],
        };
        plane.lazy = plane.place(lazy)?.at;
        plane.end = plane.place(end)?.at;
        Some(plane)
    }

    /// Where weights are; `None` for those of another shape, or not finite.
    pub fn place(&self, state: &MomentState) -> Option<Place> {
        if state.factor.dim() != self.origin.factor.dim() {
            return None;
        }
        let moved = sum(state, -1.0, &self.origin);
        let at = [&self.across, &self.up].map(|axis| dot(&moved, axis));
        let rest = sum(&sum(&moved, -at[0], &self.across), -at[1], &self.up);
        let outside = dot(&rest, &rest).sqrt() / self.unit;
        let place = Place {
            at: at.map(|x| x / self.unit),
            outside,
        };
        outside.is_finite().then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::committee::moments::InitialWeights;
    use crate::sim::rng::{Stream, normal_matrix};

    #[test]
    fn places_are_those_of_the_weight_matrices_themselves() {
        // Three moves of a 6×4 weight matrix that are one affine map of every neuron,
        // as training is.
        let w0 = normal_matrix(3, Stream::Init, 6, 4);
        let weights = InitialWeights::Given(w0.clone());
        let origin = weights.moments();
        let moved = |seed: u64| {
            let map = normal_matrix(seed, Stream::Data, 4, 4) * 0.1;
            let shift = normal_matrix(seed, Stream::Noise, 1, 4);
            let w = &w0 + &w0.dot(&map.t()) + &shift;
            let state = MomentState {
                mean: &origin.mean + &map.dot(&origin.mean) + shift.row(0),
                factor: &origin.factor + &map.dot(&origin.factor),
            };
            (w, state)
        };
        let [(lazy_w, lazy), (_, end), (other_w, other)] = [1, 2, 3].map(moved);
        let plane = Plane::new(&origin, &lazy, &end).unwrap();
        let norm = |m: &ndarray::Array2<f64>| m.iter().map(|v| v * v).sum::<f64>().sqrt();
        let far = |w: &ndarray::Array2<f64>| norm(&(w - &w0)) / norm(&w0);
        assert!((plane.lazy[0] - far(&lazy_w)).abs() < 1e-12 && plane.lazy[1].abs() < 1e-12);
        let place = plane.place(&other).unwrap();
        let [x, y] = place.at;
        let whole = (x * x + y * y + place.outside.powi(2)).sqrt();
        assert!((whole - far(&other_w)).abs() < 1e-12);
        let along = ((&other_w - &w0) * (&lazy_w - &w0)).sum() / norm(&(&lazy_w - &w0));
        assert!((x - along / norm(&w0)).abs() < 1e-12);
        let end = plane.place(&end).unwrap();
        assert!(end.outside < 1e-12 && (end.inside_share() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_lazy_run_has_a_line_for_a_plane() {
        let origin = InitialWeights::Given(normal_matrix(3, Stream::Init, 6, 4)).moments();
        let mut lazy = origin.clone();
        lazy.mean[0] += 0.5;
        let plane = Plane::new(&origin, &lazy, &lazy).unwrap();
        assert_eq!(plane.end, plane.lazy);
        assert!(Plane::new(&origin, &origin, &origin).is_some());
    }
}
