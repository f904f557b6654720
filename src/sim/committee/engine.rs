//! One trait for every form of the dynamics.

use super::moments::MomentState;
use super::neurons::Network;
use super::task::Task;
use super::test_loss::TestLoss;
use crate::sim::checkpoint::{Mismatch, Reader, Writer};
use std::sync::Arc;

/// What the equations need besides the weights.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Data and target.
    pub task: Arc<Task>,
    /// Output scale α.
    pub alpha: f64,
    /// ε of φ(h) = h + (ε/2)h².
    pub epsilon: f64,
    /// κ of the centring, 0 or 1.
    pub kappa: f64,
}

/// Losses at the current weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Losses {
    /// Mean squared residual on the train set.
    pub train: f64,
    /// Exact test loss where the target is known.
    pub test: Option<TestLoss>,
}

/// A form of the dynamics: full-batch gradient descent on the mean squared
/// residual at η = η₀N/α².
///
/// `evaluate` and `update` alternate: an update uses the residuals of the
/// evaluation before it.
pub trait Engine: Send {
    /// Computes residuals and losses at the current weights.
    fn evaluate(&mut self) -> Losses;

    /// One step of gradient descent with learning rate η₀ and weight decay λ
    /// (per unit of flow time).
    fn update(&mut self, learning_rate: f64, weight_decay: f64);

    /// Residuals f − κf₀ − y on the train set at the last evaluation.
    fn residual(&self) -> &[f64];

    /// The current weights as moments.
    fn state(&self) -> MomentState;

    /// The network, where these moments do not determine its function and kernel:
    /// trained readouts, Hermite activations.
    fn network(&self) -> Option<&Network> {
        None
    }

    /// A copy at the same weights, for looking back.
    fn snapshot(&self) -> Box<dyn Engine>;

    /// Writes down what the next step needs besides the settings.
    fn save(&self, to: &mut Writer);

    /// Goes to a state that an engine of the same settings wrote down; `evaluate`
    /// comes next.
    ///
    /// # Errors
    /// A state of another shape; the engine is then not to be used.
    fn restore(&mut self, from: &mut Reader) -> Result<(), Mismatch>;
}
