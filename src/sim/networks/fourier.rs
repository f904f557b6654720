//! Frequencies in weights that are indexed by a number modulo p.

use super::layout::Layout;
use super::modular::ModularAddition;
use super::network::Network;
use super::real::Real;
use std::f64::consts::TAU;

/// Weights of several units, one entry for each number modulo p.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenWeights {
    /// The modulus.
    pub p: usize,
    /// p entries a unit.
    pub values: Vec<f64>,
}

/// A unit's frequency with its phase: it goes as cos(2πkn/p + phase).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wave {
    /// k, from 1 to (p−1)/2, or p/2 for even p.
    pub frequency: usize,
    /// In (−π, π].
    pub phase: f64,
    /// Power at k over the power at all frequencies.
    pub share: f64,
}

impl TokenWeights {
    /// cos and −sin parts of every unit at frequency k, from 1.
    fn parts(&self, row: &[f64], k: usize, cosines: &[f64]) -> (f64, f64) {
        let p = self.p;
        let (mut real, mut imaginary) = (0.0, 0.0);
        let mut at = 0;
        for v in row {
            real += v * cosines[at];
            // sin x = cos(x − π/2), from a table of its own behind the cosines.
            imaginary -= v * cosines[p + at];
            at = (at + k) % p;
        }
        (real, imaginary)
    }

    /// cos and sin of 2πn/p.
    fn table(&self) -> Vec<f64> {
        let angles = (0..self.p).map(|n| TAU * n as f64 / self.p as f64);
        let sines = angles.clone().map(f64::sin);
        angles.map(f64::cos).chain(sines).collect()
    }

    /// Share of the power at each frequency k = 1, 2, …, p/2 (rounded down),
    /// summed over units; the constant part is left out.
    pub fn spectrum(&self) -> Vec<f64> {
        let table = self.table();
        let mut power = vec![0.0; self.p / 2];
        for row in self.values.chunks_exact(self.p) {
            for (i, power) in power.iter_mut().enumerate() {
                let (a, b) = self.parts(row, i + 1, &table);
                *power += a * a + b * b;
            }
        }
        let total: f64 = power.iter().sum();
        power.iter().map(|v| v / total).collect()
    }

    /// Effective number of frequencies: 1/Σ shares².
    pub fn effective_frequencies(&self) -> f64 {
        1.0 / self.spectrum().iter().map(|s| s * s).sum::<f64>()
    }

    /// Each unit's strongest frequency.
    pub fn waves(&self) -> Vec<Wave> {
        let table = self.table();
        let rows = self.values.chunks_exact(self.p);
        rows.map(|row| {
            let mut best = (f64::NEG_INFINITY, 0, 0.0);
            let mut total = 0.0;
            for k in 1..=self.p / 2 {
                let (a, b) = self.parts(row, k, &table);
                let power = a * a + b * b;
                total += power;
                if power > best.0 {
                    best = (power, k, b.atan2(a));
                }
            }
            Wave {
                frequency: best.1,
                phase: best.2,
                share: best.0 / total,
            }
        })
        .collect()
    }

    /// Mean over units of the share of their strongest frequency: towards 1 where
    /// each unit has a frequency of its own, however many those are.
    pub fn mean_share(&self) -> f64 {
        let waves = self.waves();
        waves.iter().map(|w| w.share).sum::<f64>() / waves.len() as f64
    }

    fn wave_at(&self, unit: usize, k: usize) -> f64 {
        let row = &self.values[unit * self.p..(unit + 1) * self.p];
        let (a, b) = self.parts(row, k, &self.table());
        b.atan2(a)
    }
}

/// Phases of one hidden unit of the quadratic network at its strongest frequency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Phases {
    /// Its strongest frequency over both blocks of W1.
    pub frequency: usize,
    /// φ_a, φ_b from the blocks of W1, φ_c from W2.
    pub phases: [f64; 3],
    /// Share of that frequency in the power of W1's blocks.
    pub share: f64,
}

impl Phases {
    /// φ_a + φ_b − φ_c in (−π, π]: 0 where the unit has the rule.
    pub fn mismatch(&self) -> f64 {
        let [a, b, c] = self.phases;
        let x = (a + b - c).rem_euclid(TAU);
        if x > TAU / 2.0 { x - TAU } else { x }
    }
}

/// Phases of all hidden units of the quadratic network at θ.
pub fn phases<T: Real>(network: &ModularAddition, theta: &[T]) -> Vec<Phases> {
    let (p, units) = (network.p(), network.units());
    let layout = Network::<T>::layout(network);
    let (w1, w2) = (&theta[layout.range(0)], &theta[layout.range(1)]);
    let block = |shift: usize| TokenWeights {
        p,
        values: (0..units * p)
            .map(|i| w1[i / p * 2 * p + shift + i % p].wide())
            .collect(),
    };
    let readout = TokenWeights {
        p,
        values: (0..units * p)
            .map(|i| w2[i % p * units + i / p].wide())
            .collect(),
    };
    let (a, b) = (block(0), block(p));
    let (first, second) = (a.waves(), b.waves());
    let waves = first.iter().zip(&second).enumerate();
    waves
        .map(|(unit, (x, y))| {
            let strongest = if y.share > x.share { y } else { x };
            let k = strongest.frequency;
            Phases {
                frequency: k,
                phases: [&a, &b, &readout].map(|w| w.wave_at(unit, k)),
                share: (x.share + y.share) / 2.0,
            }
        })
        .collect()
}

/// The array that is indexed by token: W1's blocks of the quadratic network, W_E
/// of the transformer without "=".
pub(super) fn by_token<T: Real>(layout: &Layout, theta: &[T], p: usize) -> TokenWeights {
    let tensor = &layout.tensors()[0];
    let width = tensor.shape[1];
    let rows = theta[tensor.range.clone()].chunks_exact(width);
    let values = rows.flat_map(|row| row[..width / p * p].iter().map(|v| v.wide()));
    TokenWeights {
        p,
        values: values.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(p: usize, k: usize, phase: f64) -> impl Iterator<Item = f64> {
        (0..p).map(move |n| (TAU * (k * n) as f64 / p as f64 + phase).cos())
    }

    #[test]
    fn waves_are_found_with_their_phases() {
        let p = 11;
        let values = wave(p, 3, 0.7).chain(wave(p, 5, -2.0).map(|v| 2.0 * v + 9.0));
        let w = TokenWeights {
            p,
            values: values.collect(),
        };
        let found = w.waves();
        assert_eq!((found[0].frequency, found[1].frequency), (3, 5));
        assert!((found[0].phase - 0.7).abs() < 1e-12 && (found[1].phase + 2.0).abs() < 1e-12);
        assert!((w.mean_share() - 1.0).abs() < 1e-12);
        let spectrum = w.spectrum();
        assert!((spectrum[2] - 0.2).abs() < 1e-12 && (spectrum[4] - 0.8).abs() < 1e-12);
        assert!((w.effective_frequencies() - 1.0 / 0.68).abs() < 1e-12);
    }

    #[test]
    fn the_analytic_solution_has_matching_phases() {
        let (p, units) = (7, 2);
        let network = ModularAddition::new(p, units).expect("sizes");
        let mut theta = vec![0.0f64; units * 3 * p];
        for (unit, (k, a, b)) in [(2, 0.4, 1.1), (3, 2.0, 2.5)].into_iter().enumerate() {
            for (n, v) in wave(p, k, a).chain(wave(p, k, b)).enumerate() {
                theta[unit * 2 * p + n] = v;
            }
            for (n, v) in wave(p, k, a + b).enumerate() {
                theta[units * 2 * p + n * units + unit] = v;
            }
        }
        for (found, k) in phases(&network, &theta).iter().zip([2, 3]) {
            assert_eq!(found.frequency, k);
            assert!(found.mismatch().abs() < 1e-12, "{found:?}");
        }
    }
}
