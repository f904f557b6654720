//! The header of a reference run, and the run that it describes.

use super::{
    COLUMNS, Reference,
    fields::Fields,
    settings::{Kind, kind, objective, optimiser},
};
use crate::io::npz::Archive;
use crate::sim::networks::dense::{Dense, Scaling};
use crate::sim::networks::kernel::Outputs;
use crate::sim::networks::loss::Objective;
use crate::sim::networks::modular::ModularAddition;
use crate::sim::networks::network::{Inputs, Misfit, Network};
use crate::sim::networks::optimiser::OptimiserSettings;
use crate::sim::networks::passes::{Alone, Keep, Passes};
use crate::sim::networks::problem::{Examples, Order, Problem, Source};
use crate::sim::networks::run::RunSettings;
use crate::sim::networks::transformer::Transformer;
use ndarray::{ArrayD, Ix1, Ix2};
use serde_json::{Map, Value};
use std::path::Path;
use std::sync::Arc;

pub(super) struct Header {
    kind: Kind,
    objective: Objective,
    optimiser: OptimiserSettings,
    batch: Option<usize>,
    counts: [Option<usize>; 2],
    steps: Option<usize>,
    seed: u64,
    columns: Vec<String>,
    shapes: Map<String, Value>,
}

impl Header {
    pub fn parse(value: Value) -> Result<Self, String> {
        let mut top = Fields::new("file", value)?;
        let mut settings = Fields::new("settings", top.value("settings")?)?;
        let columns = match top.optional("columns") {
            None => COLUMNS.map(String::from).to_vec(),
            Some(Value::Array(names)) => names
                .into_iter()
                .map(|v| match v {
                    Value::String(name) if COLUMNS.contains(&name.as_str()) => Ok(name),
                    v => Err(format!(
                        "columns: expected names out of {}; found {v}",
                        COLUMNS.join(", ")
                    )),
                })
                .collect::<Result<_, _>>()?,
            Some(v) => return Err(format!("columns: expected a list of names; found {v}")),
        };
        let shapes = match top.optional("parameter_shapes") {
            None => Map::new(),
            Some(v) => Fields::new("parameter_shapes", v)?.entries,
        };
        // Words and results, for people.
        top.skip(&[
            "network",
            "formulas",
            "kernel",
            "sensitivity",
            "description",
            "notes",
        ]);
        top.done()?;
        let kind = kind(&mut settings)?;
        let objective = objective(&mut settings)?;
        let optimiser = optimiser(Fields::new("optimiser", settings.value("optimiser")?)?)?;
        let header = Self {
            kind,
            objective,
            optimiser,
            batch: settings.whole_or("batch")?,
            counts: [settings.whole_or("n_train")?, settings.whole_or("n_test")?],
            steps: settings.whole_or("steps")?,
            seed: settings.whole_or("seed")?.unwrap_or(0) as u64,
            columns,
            shapes,
        };
        // How the arrays were drawn that the file holds.
        settings.skip(&[
            "name",
            "train_fraction",
            "teacher_init_scale",
            "student_init_scale",
            "weight_scale",
            "init_scale",
            "init",
            "init_kind",
        ]);
        settings.done()?;
        Ok(header)
    }

    pub fn assemble(self, mut arrays: Archive, path: &Path) -> Result<Reference, String> {
        let mut notes = Vec::new();
        let train = rows(arrays.numbers_of("train_idx")?, "train_idx")?;
        let test = rows(arrays.numbers_of("test_idx")?, "test_idx")?;
        let sets = [("n_train", train.len()), ("n_test", test.len())];
        for ((name, found), said) in sets.into_iter().zip(self.counts) {
            if said.is_some_and(|said| said != found) {
                let said = said.unwrap_or_default();
                return Err(format!(
                    "settings.{name} is {said}, but the file holds {found} rows"
                ));
            }
        }
        let examples = self.examples(&mut arrays)?;
        let problem = Problem {
            examples,
            train,
            test,
        };
        problem.check().map_err(text)?;
        let biases = self.shapes.contains_key("b1") || arrays.has("init_b1");
        let (network, theta) = self.network(&mut arrays, &problem, biases, &mut notes)?;
        self.check_shapes(network.as_ref())?;
        let (order, listed) = self.order(&mut arrays, &problem)?;
        let steps = self.steps.or(listed).map(|n| n as u64);
        Ok(Reference {
            settings: RunSettings {
                objective: self.objective,
                optimiser: self.optimiser,
                order,
                linearised: self.columns.iter().any(|c| c.starts_with("lin_")),
                kernel_examples: 0,
                kernel_outputs: Outputs::Every,
                seed: self.seed,
            },
            network,
            problem: Arc::new(problem),
            theta,
            columns: self.columns,
            steps,
            notes,
            arrays,
            path: path.to_owned(),
        })
    }

    fn examples(&self, arrays: &mut Archive) -> Result<Examples<f64>, String> {
        let x = arrays.numbers_of("X")?;
        let x = x
            .into_dimensionality::<Ix2>()
            .map_err(|e| format!("X: expected one row for each example: {e}"))?;
        let width = x.ncols();
        let (inputs, outputs) = match &self.kind {
            Kind::Modular { p, .. } => (pairs_of_one_hot(&x, *p)?, *p),
            Kind::Transformer { p, .. } => (pairs_of_tokens(&x, *p)?, p + 1),
            Kind::Dense { sizes, .. } => {
                let first = sizes.first().copied().unwrap_or_default();
                if width != first {
                    return Err(format!(
                        "X: expected {first} columns, the first of the sizes; found {width}"
                    ));
                }
                let values = x.iter().copied().collect();
                let outputs = sizes.last().copied().unwrap_or_default();
                (Inputs::Vectors { width, values }, outputs)
            }
        };
        let labels = match arrays.has("labels") {
            true => rows(arrays.numbers_of("labels")?, "labels")?,
            false => Vec::new(),
        };
        let count = inputs.count();
        let mut examples = match labels.is_empty() {
            true => Examples {
                inputs,
                outputs,
                targets: Vec::new(),
                labels,
            },
            false => Examples::classes(inputs, labels, outputs).map_err(text)?,
        };
        if arrays.has("Y") {
            let y = arrays.numbers_of("Y")?;
            if y.shape() != [count, outputs] {
                return Err(format!(
                    "Y: expected shape [{count}, {outputs}]; found {:?}",
                    y.shape()
                ));
            }
            examples.targets = y.iter().copied().collect();
        } else if examples.labels.is_empty() {
            return Err("Y: missing, and so are labels; one of them is needed".into());
        }
        Ok(examples)
    }

    #[expect(clippy::type_complexity, reason = "used once")]
    fn network(
        &self,
        arrays: &mut Archive,
        problem: &Problem<f64>,
        has_biases: bool,
        notes: &mut Vec<String>,
    ) -> Result<(Arc<dyn Network<f64>>, Arc<[f64]>), String> {
        let network: Arc<dyn Network<f64>> = match &self.kind {
            Kind::Modular { p, units } => Arc::new(ModularAddition::new(*p, *units).map_err(text)?),
            Kind::Transformer {
                p,
                width,
                heads,
                mlp,
            } => Arc::new(Transformer::new(*p, *width, *heads, *mlp).map_err(text)?),
            Kind::Dense {
                sizes,
                activation,
                biases,
                scaling,
            } => {
                let biases = biases.unwrap_or(has_biases);
                let make = |s| Dense::new(sizes, *activation, s, biases).map_err(text);
                let found = match scaling {
                    Some(s) => *s,
                    None => self.find_scaling(arrays, problem, make, notes)?,
                };
                Arc::new(make(found)?)
            }
        };
        let theta = parameters(network.as_ref(), arrays, "init_")?;
        if let Some(off) = self.distance_from_initial(&network, &theta, arrays, problem)?
            && off > 1e-6
        {
            return Err(format!(
                "f0: the raw outputs at the initial weights differ by {off:.1e} (relative); the formula of the network is another one"
            ));
        }
        Ok((network, theta.into()))
    }

    /// The scaling whose raw outputs at the initial weights are those stored.
    fn find_scaling(
        &self,
        arrays: &mut Archive,
        problem: &Problem<f64>,
        make: impl Fn(Scaling) -> Result<Dense, String>,
        notes: &mut Vec<String>,
    ) -> Result<Scaling, String> {
        for scaling in [Scaling::Notebook, Scaling::Ordinary] {
            let network: Arc<dyn Network<f64>> = Arc::new(make(scaling)?);
            let theta = parameters(network.as_ref(), arrays, "init_")?;
            let off = self.distance_from_initial(&network, &theta, arrays, problem)?;
            if off.is_some_and(|off| off < 1e-6) {
                notes.push(format!("scaling: {scaling:?}, which gives the stored f0"));
                return Ok(scaling);
            }
        }
        match arrays.has("f0") {
            true => Err("f0: neither the notebook's scaling (1/√fan_in, last layer 1/fan_in) nor the ordinary one gives the stored raw outputs at the initial weights".into()),
            false => {
                notes.push("scaling: the notebook's, as neither settings nor f0 say".into());
                Ok(Scaling::Notebook)
            }
        }
    }

    /// Largest distance of the raw initial outputs from those stored, relative to
    /// the largest of them.
    fn distance_from_initial(
        &self,
        network: &Arc<dyn Network<f64>>,
        theta: &[f64],
        arrays: &mut Archive,
        problem: &Problem<f64>,
    ) -> Result<Option<f64>, String> {
        if !arrays.has("f0") {
            return Ok(None);
        }
        let stored = arrays.numbers_of("f0")?;
        let all: Vec<u32> = (0..problem.examples.count() as u32).collect();
        let mut passes = Passes::new(Arc::clone(network), Keep::Block);
        let source = Source {
            examples: &problem.examples,
            initial: &[],
        };
        passes.load(source, &all);
        let mut found = Vec::new();
        passes.outputs(theta, &Alone, &mut found);
        if stored.len() != found.len() {
            return Err(format!(
                "f0: expected {} numbers; found {}",
                found.len(),
                stored.len()
            ));
        }
        let largest = stored.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        let off = stored.iter().zip(&found).map(|(a, b)| (a - b).abs());
        let off = off.fold(0.0, |m, v| if v > m || v.is_nan() { v } else { m });
        Ok(Some(off / largest.max(f64::MIN_POSITIVE)))
    }

    fn check_shapes(&self, network: &dyn Network<f64>) -> Result<(), String> {
        for (name, shape) in &self.shapes {
            let expected = network.layout().get(name).map(|t| t.shape.clone());
            let found = shape.as_array().map(|s| {
                let sizes = s.iter().filter_map(Value::as_u64);
                sizes.map(|n| n as usize).collect::<Vec<_>>()
            });
            if expected.is_none() || expected != found {
                let expected = expected.map_or("no such array".into(), |e| format!("{e:?}"));
                return Err(format!(
                    "parameter_shapes.{name}: expected {expected}; found {shape}"
                ));
            }
        }
        Ok(())
    }

    fn order(
        &self,
        arrays: &mut Archive,
        problem: &Problem<f64>,
    ) -> Result<(Order, Option<usize>), String> {
        let (order, listed) = match (arrays.has("batch_idx"), self.batch) {
            (true, _) => {
                let table = arrays.numbers_of("batch_idx")?;
                let table = table
                    .into_dimensionality::<Ix2>()
                    .map_err(|e| format!("batch_idx: expected one row for each update: {e}"))?;
                if self.batch.is_some_and(|b| b != table.ncols()) {
                    return Err(format!(
                        "batch_idx: expected {} columns, settings.batch; found {}",
                        self.batch.unwrap_or_default(),
                        table.ncols()
                    ));
                }
                let rows = table.rows().into_iter();
                let batches = rows.map(|row| rows_of(row.iter(), "batch_idx"));
                let batches = batches.collect::<Result<Vec<_>, _>>()?;
                let count = batches.len();
                (Order::Listed(batches), Some(count))
            }
            (false, Some(size)) => (Order::Slices(size), None),
            (false, None) => (Order::Full, None),
        };
        order.check(problem).map_err(text)?;
        Ok((order, listed))
    }
}

fn text(misfit: Misfit) -> String {
    misfit.to_string()
}

pub(super) fn parameters(
    network: &dyn Network<f64>,
    arrays: &mut Archive,
    prefix: &str,
) -> Result<Vec<f64>, String> {
    let layout = network.layout();
    let mut theta = vec![0.0; layout.count()];
    for tensor in layout.tensors() {
        let key = format!("{prefix}{}", tensor.name);
        let array = arrays.numbers_of(&key)?;
        if array.shape() != tensor.shape {
            return Err(format!(
                "{key}: expected shape {:?}; found {:?}",
                tensor.shape,
                array.shape()
            ));
        }
        for (x, v) in theta[tensor.range.clone()].iter_mut().zip(array.iter()) {
            *x = *v;
        }
    }
    Ok(theta)
}

fn rows(array: ArrayD<f64>, key: &str) -> Result<Vec<u32>, String> {
    let array = array
        .into_dimensionality::<Ix1>()
        .map_err(|e| format!("{key}: expected a list of whole numbers: {e}"))?;
    rows_of(array.iter(), key)
}

fn rows_of<'a>(values: impl Iterator<Item = &'a f64>, key: &str) -> Result<Vec<u32>, String> {
    values
        .map(
            |v| match *v >= 0.0 && v.fract() == 0.0 && *v < f64::from(u32::MAX) {
                true => Ok(*v as u32),
                false => Err(format!("{key}: expected whole numbers from 0; found {v}")),
            },
        )
        .collect()
}

fn pairs_of_tokens(x: &ndarray::Array2<f64>, p: usize) -> Result<Inputs<f64>, String> {
    let mut pairs = Vec::with_capacity(x.nrows());
    for row in x.rows() {
        let tokens = rows_of(row.iter(), "X")?;
        match tokens.as_slice() {
            [a, b, eq] if *eq as usize == p && (*a.max(b) as usize) < p => pairs.push([*a, *b]),
            _ => {
                return Err(format!(
                    "X: expected rows [a, b, {p}] with a and b below {p}; found {tokens:?}"
                ));
            }
        }
    }
    Ok(Inputs::Pairs(pairs))
}

fn pairs_of_one_hot(x: &ndarray::Array2<f64>, p: usize) -> Result<Inputs<f64>, String> {
    let misfit = || format!("X: expected rows of a one-hot a then a one-hot b, {p} columns each");
    if x.ncols() != 2 * p {
        return Err(format!("{}; found {} columns", misfit(), x.ncols()));
    }
    let mut pairs = Vec::with_capacity(x.nrows());
    for row in x.rows() {
        let ones: Vec<usize> = (0..2 * p).filter(|i| row[*i] == 1.0).collect();
        match ones.as_slice() {
            [a, b] if *a < p && *b >= p && row.sum() == 2.0 => {
                pairs.push([*a as u32, (*b - p) as u32]);
            }
            _ => return Err(misfit()),
        }
    }
    Ok(Inputs::Pairs(pairs))
}
