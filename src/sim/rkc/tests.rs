use super::*;

fn go() -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// y_i' = −λ_i(y_i − cos t) − sin t, whose solution through y_i(0) = 1 is cos t at
/// any stiffness.
struct Relaxation(Vec<f64>);

impl System for Relaxation {
    fn slope(&mut self, t: f64, y: &[f64], slope: &mut [f64]) {
        for ((s, y), rate) in slope.iter_mut().zip(y).zip(&self.0) {
            *s = -rate * (y - t.cos()) - t.sin();
        }
    }
}

/// u_t = u_xx − u³ on a grid of 40 cells with walls at zero: diffusion with a
/// nonlinear sink.
struct ReactionDiffusion;

impl System for ReactionDiffusion {
    fn slope(&mut self, _: f64, u: &[f64], slope: &mut [f64]) {
        let n = u.len();
        let inverse_sq = ((n + 1) * (n + 1)) as f64;
        for i in 0..n {
            let left = if i > 0 { u[i - 1] } else { 0.0 };
            let right = if i + 1 < n { u[i + 1] } else { 0.0 };
            slope[i] = inverse_sq * (left - 2.0 * u[i] + right) - 5.0 * u[i].powi(3);
        }
    }
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0, |m, (a, b)| m.max((a - b).abs()))
}

/// Fixed steps: a tolerance that never binds, and no growth beyond `h`.
fn fixed_steps(system: &mut impl System, y: Vec<f64>, end: f64, steps: u32) -> Vec<f64> {
    let options = Options {
        tolerance: Tolerance {
            relative: 1e9,
            absolute: 1e9,
        },
        ..Options::default()
    };
    let mut rkc = Rkc::new(0.0, y, options);
    for i in 1..=steps {
        rkc.step(system, end * f64::from(i) / f64::from(steps), &mut go)
            .expect("a step");
    }
    assert_eq!(rkc.cost().accepted, u64::from(steps));
    rkc.state().to_vec()
}

fn order(system: &mut impl System, y: &[f64], end: f64, steps: u32, exact: &[f64]) -> f64 {
    let coarse = distance(&fixed_steps(system, y.to_vec(), end, steps), exact);
    let fine = distance(&fixed_steps(system, y.to_vec(), end, 2 * steps), exact);
    (coarse / fine).log2()
}

#[test]
fn the_method_converges_with_order_two_on_a_stiff_linear_system() {
    let mut system = Relaxation(vec![0.5, 1.0, 2000.0]);
    let exact = [1f64.cos(); 3];
    for steps in [40, 80] {
        let p = order(&mut system, &[1.0; 3], 1.0, steps, &exact);
        assert!((p - 2.0).abs() < 0.15, "{steps} steps: order {p}");
    }
}

#[test]
fn the_method_converges_with_order_two_on_a_stiff_nonlinear_system() {
    let n = 40;
    let start: Vec<f64> = (1..=n)
        .map(|i| 3.0 * (std::f64::consts::PI * f64::from(i) / f64::from(n + 1)).sin())
        .collect();
    let exact = fixed_steps(&mut ReactionDiffusion, start.clone(), 0.2, 6400);
    for steps in [50, 100] {
        let p = order(&mut ReactionDiffusion, &start, 0.2, steps, &exact);
        assert!((p - 2.0).abs() < 0.15, "{steps} steps: order {p}");
    }
}

#[test]
fn the_error_follows_the_tolerance() {
    let mut last = f64::INFINITY;
    for relative in [1e-3, 1e-5, 1e-7] {
        let options = Options {
            tolerance: Tolerance {
                relative,
                absolute: relative,
            },
            ..Options::default()
        };
        let mut rkc = Rkc::new(0.0, vec![1.0; 3], options);
        let mut system = Relaxation(vec![0.5, 50.0, 3000.0]);
        let (mut worst, mut y) = (0.0f64, vec![0.0; 3]);
        while rkc.time() < 5.0 {
            rkc.step(&mut system, 5.0, &mut go).expect("a step");
            // Between the steps as well as at their ends.
            for i in 1..=8 {
                let t = rkc.step_start() + (rkc.time() - rkc.step_start()) * f64::from(i) / 8.0;
                rkc.interpolate(t, &mut y);
                worst = worst.max(distance(&y, &[t.cos(); 3]));
            }
        }
        // Steps of h ~ tolerance^⅓ leave a global error of h² ~ tolerance^⅔.
        assert!(worst < relative.powf(2.0 / 3.0), "{relative}: {worst:e}");
        assert!(worst < 0.1 * last);
        last = worst;
    }
}

#[test]
fn the_interpolant_has_fourth_order() {
    let error = |steps: u32| {
        let mut system = Relaxation(vec![1.0]);
        let mut rkc = Rkc::new(0.0, vec![1.0], Options::default());
        // The end points of an exact solution isolate the interpolant.
        let (a, b) = (0.3, 0.3 + 1.0 / f64::from(steps));
        for (point, t) in [(&mut rkc.before, a), (&mut rkc.now, b)] {
            point.t = t;
            point.y = vec![t.cos()];
            system.slope(t, &[t.cos()], &mut point.slope);
        }
        let (mut y, mid) = ([0.0], 0.5 * (a + b));
        rkc.interpolate(mid, &mut y);
        (y[0] - mid.cos()).abs()
    };
    assert!(((error(4) / error(8)).log2() - 4.0).abs() < 0.2);
}

#[test]
fn long_stable_steps_cost_the_root_of_their_stiffness() {
    let mut cost = Vec::new();
    for rate in [1e3, 1e5] {
        let mut rkc = Rkc::new(0.0, vec![1.0, 1.0], Options::default());
        let mut system = Relaxation(vec![1.0, rate]);
        while rkc.time() < 10.0 {
            rkc.step(&mut system, 10.0, &mut go).expect("a step");
        }
        let estimate = rkc.radius.value;
        assert!((estimate / rate - 1.0).abs() < 0.05, "{estimate}");
        cost.push(rkc.cost().evaluations as f64);
    }
    assert!(cost[1] / cost[0] < 15.0, "{cost:?}");
}

#[test]
fn a_callback_ends_the_integration_at_once() {
    let mut rkc = Rkc::new(0.0, vec![1.0; 2], Options::default());
    let mut system = Relaxation(vec![1.0, 1e6]);
    let mut calls = 0;
    let mut stop = || {
        calls += 1;
        if calls > 7 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let error = loop {
        if let Err(error) = rkc.step(&mut system, 1e3, &mut stop) {
            break error;
        }
    };
    assert!(matches!(error, RkcError::Stopped { .. }));
    assert_eq!(rkc.cost().evaluations.min(8), 7.min(rkc.cost().evaluations));
}

/// Refuses everything after the start.
struct Refuses(bool);

impl System for Refuses {
    fn slope(&mut self, _: f64, y: &[f64], slope: &mut [f64]) {
        slope.copy_from_slice(y);
    }
    fn admissible(&mut self, _: &[f64]) -> bool {
        !std::mem::replace(&mut self.0, true)
    }
}

#[test]
fn steps_that_never_pass_end_in_an_error_that_says_so() {
    let mut rkc = Rkc::new(0.0, vec![1.0], Options::default());
    let error = rkc.step(&mut Refuses(false), 1.0, &mut go);
    assert!(
        matches!(error, Err(RkcError::StepTooSmall { .. })),
        "{error:?}"
    );
    let mut rkc = Rkc::new(0.0, vec![f64::INFINITY], Options::default());
    let error = rkc.step(&mut Refuses(false), 1.0, &mut go);
    assert!(
        matches!(error, Err(RkcError::NotFinite { .. })),
        "{error:?}"
    );
}
