//! Runs to their end, with the rows that they record.

use grokscope::sim::{
    Simulation,
    config::{Config, ValidConfig},
    metrics::Row,
};

/// A run that records at these steps and ends at the last of them.
pub fn recorded(mut config: Config, steps: &[u64], every_column: bool) -> (Vec<Row>, Simulation) {
    config.training.steps = *steps.last().expect("a step");
    config.record.steps = steps.to_vec();
    trained(&config.check().expect("valid"), every_column)
}

/// A run to its horizon.
pub fn trained(config: &ValidConfig, every_column: bool) -> (Vec<Row>, Simulation) {
    let mut simulation = Simulation::new(config, None).expect("made");
    let mut rows = vec![simulation.record(every_column)];
    while !simulation.is_finished() {
        if simulation.advance(u64::MAX) {
            rows.push(simulation.record(every_column));
        }
    }
    (rows, simulation)
}
