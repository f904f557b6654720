//! The committee machine on a quadratic target: the paper's own model (eq 3).
//!
//! Exact gradient descent on the moments of the weights ([`moments_engine`]) or
//! neuron by neuron ([`neurons`]), its gradient [`flow`], its linearisation
//! ([`linearized`]), its [`kernel`] and its [`features`], on a [`task`].

pub mod accuracy;
pub mod density;
pub mod draws;
pub mod effort;
pub mod engine;
pub mod escape;
pub mod feature_matrix;
pub mod features;
pub mod flow;
mod following;
pub mod hermite;
pub mod instance;
pub mod kernel;
pub mod learning_curve;
pub mod limits;
pub mod linearized;
pub mod measure;
pub mod model;
pub mod moments;
pub mod moments_engine;
pub mod neurons;
pub mod plane;
pub mod quadratic;
pub mod sampled;
pub mod stability;
pub mod task;
pub mod test_loss;
