//! What the documentation says is what the program does.

use grokscope::extract::Part;
use grokscope::figures;
use grokscope::presets;
use grokscope::sim::config::field;
use grokscope::sim::config::fields::markdown_table;
use grokscope::sim::metrics::Metric;

fn text(path: &str) -> String {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

#[test]
fn the_page_of_settings_holds_the_table_of_the_program() {
    assert!(
        text("docs/settings.md").contains(markdown_table().trim()),
        "docs/settings.md is out of date: `grokscope fields` prints the table"
    );
}

#[test]
fn the_page_of_metrics_names_every_column_with_its_meaning() {
    let page = text("docs/metrics.md");
    for metric in Metric::ALL {
        let spec = metric.spec();
        let row = format!("| `{}` | {} | {} |", spec.name, spec.symbol, spec.meaning);
        assert!(page.contains(&row), "docs/metrics.md lacks: {row}");
    }
}

#[test]
fn the_pages_for_who_writes_it_again_name_every_column_and_every_part() {
    let page = text("docs/model.md");
    for metric in grokscope::sim::committee::model::COLUMNS {
        let name = metric.spec().name;
        // Of the eigenvalues of M the first stands for three.
        let named = page.contains(&format!("`{name}`")) || name.starts_with("feature_eigenvalue_");
        assert!(named, "docs/model.md lacks {name}");
    }
    let page = text("docs/notebook.md");
    for (_, name) in Part::ALL {
        assert!(page.contains(&format!("| `{name}` |")), "{name}");
    }
}

#[test]
fn the_page_of_figures_holds_every_figure_of_the_program() {
    assert_eq!(
        text("docs/figures.md").trim(),
        figures::page::markdown(figures::all()).trim(),
        "docs/figures.md is out of date: `grokscope figure --markdown` prints it"
    );
    for figure in figures::all() {
        if figure.measured.rows().is_empty() {
            // Its section says so.
            assert!(figure.outcome().contains("still to be computed"));
            continue;
        }
        for curve in &figure.curves {
            let name = format!("figure {}, {}", figure.id, curve.label);
            for told in [figure.of_authors(curve), figure.of_others(curve)] {
                assert!(!told.contains("not measured"), "{name}: {told}");
            }
        }
    }
}

#[test]
fn the_readme_names_every_preset_and_only_files_that_exist() {
    let readme = text("README.md");
    for preset in presets::all() {
        assert!(
            readme.contains(&format!("`{}`", preset.name)),
            "{}",
            preset.name
        );
    }
    let mut links = 0;
    for part in readme.split("](").skip(1) {
        let target = part.split([')', '#']).next().unwrap_or_default();
        if !target.is_empty() && !target.contains("://") {
            links += 1;
            let path = format!("{}/{target}", env!("CARGO_MANIFEST_DIR"));
            assert!(
                std::path::Path::new(&path).exists(),
                "README.md links to {target}"
            );
        }
    }
    assert!(links > 0);
}

#[test]
fn the_page_of_variants_names_only_settings_that_exist() {
    let page = text("docs/variants.md");
    let mut named = 0;
    for code in page.split('`').skip(1).step_by(2) {
        let key = code.split([' ', '=']).next().unwrap_or_default();
        if key.contains('.') {
            named += 1;
            assert!(field(key).is_some(), "docs/variants.md names {key}");
        }
    }
    assert!(named >= 8);
}
