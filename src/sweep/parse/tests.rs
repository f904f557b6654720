use super::*;
use crate::sweep::Spec;

fn error(text: &str) -> (usize, String) {
    let e = Spec::parse(text).expect_err("a bad spec");
    (e.line, e.to_string())
}

#[test]
fn bad_specs_name_the_line_and_the_fix() {
    for (text, line, words) in [
        ("[axes]\n\"network.alpa\" = [1]", 2, "network.alpha"),
        ("[base.task]\ndim = 0\n[axes]\nseed=[1]", 2, "task.dim"),
        (
            "[base.task]\nseeds = 0\n[axes]\nseed=[1]",
            2,
            "did you mean",
        ),
        ("[base]\n[axes]\nseed = 3", 3, "single value"),
        ("[axes]\nseed = [1,\n2,\n1]", 4, "twice"),
        ("[axes]\nseed = []", 2, "at least one"),
        ("[axes]", 1, "empty"),
        (
            "[base.training]\nchanges = [{ step = 5, key = \"training.steps\", value = 9 }]\n\
             [axes]\nseed = [1]",
            2,
            "training.changes",
        ),
        ("title = \"x\"\n", 2, "no section [axes]"),
        ("[axes]\nseed = [1]\n[axis]\n", 3, "did you mean axes"),
        ("[axes]\nseed = [1\n", 2, "TOML"),
        (
            "[axes]\n\"network.alpha\" = { from = 0, to = 1, count = 3, scale = \"log\" }",
            2,
            "from > 0",
        ),
        (
            "[axes]\n\"network.alpha\" = { from = 0.1, to = 1 }",
            2,
            "count",
        ),
        (
            "[axes]\n\"task.dim\" = { from = 1, to = 3, count = 9 }",
            2,
            "twice",
        ),
        (
            "[[axes.zip]]\nseed = [1, 2]\n\"task.dim\" = [3, 4, 5]",
            3,
            "equally long",
        ),
        (
            "[base.task]\ntarget_rank = 4\n[axes]\n\"task.dim\" = [9, 3]",
            2,
            "task.dim = 3",
        ),
        (
            "[axes]\nseed = [1]\n[measures]\ncolumns = [\"outcom\"]",
            4,
            "did you mean outcome",
        ),
        ("[axes]\nseed = [1]\n[measures]\nstop = 3", 4, "classified"),
        (
            "[base]\ninstance = \"a.npz\"\n[axes]\nseed = [1]",
            2,
            "samples its data",
        ),
        (
            "[axes]\nseed = { from = 1, to = 2000, count = 2000 }\n\
             \"task.dim\" = { from = 1, to = 1000, count = 1000 }",
            1,
            "more than 1000000 cells",
        ),
    ] {
        let (at, message) = error(text);
        assert!(message.contains(words), "{text}\n{message}");
        assert_eq!(at, line, "{text}\n{message}");
    }
}

#[test]
fn the_hash_tells_results_apart_and_nothing_else() {
    let hash = |text: &str| Spec::parse(text).expect("valid").hash();
    let plain = hash("[axes]\n\"network.alpha\" = [1, 2.5]");
    for same in [
        "# why\ntitle = \"x\"\n[axes]\nnetwork.alpha = [1.0, 2.5]",
        "[axes]\n\"network.alpha\" = { from = 1, to = 2.5, count = 2 }",
        "[base]\nseed = 9\n[base.network]\nalpha = 3\n[axes]\n\"network.alpha\" = [1, 2.5]",
    ] {
        assert_eq!(hash(same), plain, "{same}");
    }
    for other in [
        "[axes]\n\"network.alpha\" = [2.5, 1]",
        "[base]\nseed = 2\n[axes]\n\"network.alpha\" = [1, 2.5]",
        "[axes]\n\"network.alpha\" = [1, 2.5]\n[measures]\nstop = \"horizon\"",
        "[axes]\n\"network.alpha\" = [1, 2.5]\n[measures]\ntolerance = 1e-4",
    ] {
        assert_ne!(hash(other), plain, "{other}");
    }
}

#[test]
fn ranges_hit_both_ends_and_what_a_person_would_write_between() {
    let spec = Spec::parse(
        "[axes]\n\"network.alpha\" = { from = 0.4, to = 5.6, count = 14, scale = \"linear\" }",
    )
    .expect("valid");
    let values: Vec<f64> = spec.grid().dimensions[0].axes[0]
        .values
        .iter()
        .filter_map(Value::as_f64)
        .collect();
    let written = [
        0.4, 0.8, 1.2, 1.6, 2.0, 2.4, 2.8, 3.2, 3.6, 4.0, 4.4, 4.8, 5.2, 5.6,
    ];
    assert_eq!(values, written);
}
