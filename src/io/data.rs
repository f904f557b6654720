//! Data of one's own: a table in CSV, or arrays in NumPy's `.npz`, as an instance.
//!
//! A table has a row for each sample. The label is the column `y` where the header names
//! one, else the last column; a column `set` says `train` or `test`; all others are
//! inputs. Nothing is read beyond the limits of the settings.

use super::{FileError, npz, read_problem};
use crate::sim::committee::instance::Instance;
use ndarray::{Array1, Array2};
use std::io::Read;
use std::path::Path;

/// Most bytes of a table.
const MAX_BYTES: u64 = 512 << 20;
/// Endings of tables.
pub const TABLES: [&str; 3] = ["csv", "tsv", "txt"];
/// Names by which a header calls the labels.
const LABELS: [&str; 4] = ["y", "label", "labels", "target"];
/// Names by which a header calls the set that a row belongs to.
const SETS: [&str; 2] = ["set", "split"];

/// Whether the name of a file is that of a table.
pub fn is_table(path: &Path) -> bool {
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    ending.is_some_and(|ending| TABLES.contains(&ending.as_str()))
}

/// Reads and checks an instance from a table or from arrays; with `rescale` in the unit
/// that the model expects ([`Instance::rescaled`]).
///
/// # Errors
/// Names the file, the line and column or the key, and what was expected there.
pub fn read(path: &Path, rescale: bool) -> Result<Instance, FileError> {
    let instance = match is_table(path) {
        true => read_table(path)?,
        false => npz::read_instance(path)?,
    };
    Ok(match rescale {
        true => instance.rescaled(),
        false => instance,
    })
}

fn read_table(path: &Path) -> Result<Instance, FileError> {
    let error = |problem: String| FileError::new(path, problem);
    if path.is_dir() {
        return Err(error("is a directory, a file is needed".into()));
    }
    let failed = |e: std::io::Error| error(read_problem(&e));
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    (file.take(MAX_BYTES + 1).read_to_end(&mut bytes)).map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(error(format!(
            "has more than {MAX_BYTES} bytes, the most that a table may have; write arrays with \
             numpy.savez"
        )));
    }
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| error("is not text in UTF-8; save the table as CSV".into()))?;
    let instance = parse(text).map_err(error)?;
    instance.check().map_err(|e| error(e.to_string()))?;
    Ok(instance)
}

/// What stands between two cells: what the first line has most of.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty());
    let first = first.unwrap_or("");
    let count = |c: u8| first.bytes().filter(|b| *b == c).count();
    let all = [b',', b';', b'\t'];
    let most = all.into_iter().max_by_key(|c| (count(*c), *c == b','));
    most.unwrap_or(b',')
}

/// What each column holds.
struct Columns {
    names: Vec<String>,
    label: usize,
    set: Option<usize>,
}

impl Columns {
    fn of(names: Vec<String>, is_header: bool) -> Result<Self, String> {
        let low = |name: &String| name.trim().trim_start_matches('\u{feff}').to_lowercase();
        let find = |known: &[&str]| -> Vec<usize> {
            let found = names.iter().enumerate().filter(|_| is_header);
            let found = found.filter(|(_, name)| known.contains(&low(name).as_str()));
            found.map(|(i, _)| i).collect()
        };
        let (labels, sets) = (find(&LABELS), find(&SETS));
        let one = |what: &str, found: &[usize]| match found {
            [a, b, ..] => Err(format!(
                "the header names {what} twice, {} and {}; leave one out",
                names[*a], names[*b]
            )),
            [only] => Ok(Some(*only)),
            [] => Ok(None),
        };
        let set = one("the set", &sets)?;
        let last = (0..names.len()).rev().find(|i| Some(*i) != set);
        let label = one("the labels", &labels)?.or(last).unwrap_or(0);
        let inputs = names.len() - 1 - usize::from(set.is_some());
        if names.len() < 2 || inputs == 0 {
            return Err(format!(
                "has {} column(s); expected at least one column of inputs and one of labels, \
                 named y or the last",
                names.len()
            ));
        }
        Instance::check_shape("X", &[1, inputs]).map_err(|e| e.to_string())?;
        Ok(Self { names, label, set })
    }

    fn is_input(&self, column: usize) -> bool {
        column != self.label && Some(column) != self.set
    }
}

/// The rows of a set.
#[derive(Default)]
struct Rows {
    x: Vec<f64>,
    y: Vec<f64>,
}

impl Rows {
    fn arrays(self, columns: usize) -> Result<(Array2<f64>, Array1<f64>), String> {
        let x = Array2::from_shape_vec((self.y.len(), columns), self.x);
        Ok((x.map_err(|e| e.to_string())?, Array1::from(self.y)))
    }
}

fn parse(text: &str) -> Result<Instance, String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(text))
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut columns: Option<Columns> = None;
    let (mut train, mut test) = (Rows::default(), Rows::default());
    for record in reader.records() {
        let record = record.map_err(|e| format!("is no table: {}", one_line(&e.to_string())))?;
        let line = record.position().map_or(0, csv::Position::line);
        let Some(known) = &columns else {
            let number = |cell: &str| cell.is_empty() || cell.parse::<f64>().is_ok();
            let is_header = !record.iter().all(number);
            let names: Vec<String> = match is_header {
                true => record.iter().map(str::to_owned).collect(),
                false => (1..=record.len()).map(|n| n.to_string()).collect(),
            };
            let found = Columns::of(names, is_header)?;
            if !is_header {
                take(&found, &record, line, &mut train, &mut test)?;
            }
            columns = Some(found);
            continue;
        };
        take(known, &record, line, &mut train, &mut test)?;
    }
    let Some(columns) = columns else {
        return Err("has no rows; expected one for each sample".into());
    };
    let inputs = (0..columns.names.len()).filter(|i| columns.is_input(*i));
    let inputs = inputs.count();
    if train.y.is_empty() {
        return Err("has no rows of the train set; expected one for each sample".into());
    }
    let test = match test.y.is_empty() {
        true => None,
        false => Some(test.arrays(inputs)?),
    };
    let (x, y) = train.arrays(inputs)?;
    Ok(Instance {
        x,
        y,
        w0: None,
        rescaled_by: [1.0; 2],
        test,
        beta: None,
    })
}

fn take(
    columns: &Columns,
    record: &csv::StringRecord,
    line: u64,
    train: &mut Rows,
    test: &mut Rows,
) -> Result<(), String> {
    if record.len() != columns.names.len() {
        return Err(format!(
            "line {line} has {} cells, the first row has {}; every row needs as many",
            record.len(),
            columns.names.len()
        ));
    }
    let rows = match columns.set.map(|i| record[i].to_lowercase()) {
        None => train,
        Some(set) if set == "train" || set == "training" => train,
        Some(set) if set == "test" => test,
        Some(set) => {
            return Err(format!(
                "line {line}, column {}: {set:?} is no set; expected train or test",
                columns.set.map_or("", |i| columns.names[i].as_str())
            ));
        }
    };
    for (i, cell) in record.iter().enumerate() {
        if Some(i) == columns.set {
            continue;
        }
        let bad = |what: String| {
            let name = short(&columns.names[i]);
            Err(format!("line {line}, column {name}: {what}"))
        };
        let number = match cell.parse::<f64>() {
            Ok(number) if number.is_finite() => number,
            Ok(_) => return bad(format!("{} is not finite; leave the row out", short(cell))),
            Err(_) if cell.is_empty() => {
                return bad("is empty; give a number, or leave the row out".into());
            }
            Err(_) => return bad(format!("`{}` is no number", short(cell))),
        };
        match i == columns.label {
            true => rows.y.push(number),
            false => rows.x.push(number),
        }
    }
    // A row at a time: a table that is too long is not read to its end.
    Instance::check_shape("y", &[rows.y.len()]).map_err(|e| e.to_string())
}

/// So much of a cell that a message stays one line.
fn short(text: &str) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control()).take(40).collect();
    match clean.chars().count() < text.chars().count() {
        true => format!("{clean}…"),
        false => clean,
    }
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn the_label_is_the_column_y_or_the_last_one() {
        let table = parse("1,2,3\n4,5,6\n").unwrap();
        assert_eq!(table.x, array![[1.0, 2.0], [4.0, 5.0]]);
        assert_eq!(table.y, array![3.0, 6.0]);
        assert!(table.w0.is_none() && table.test.is_none());
        let named = parse("y,a,b\n1,2,3\n").unwrap();
        assert_eq!((named.x, named.y), (array![[2.0, 3.0]], array![1.0]));
        let last = parse("a;b;c\n1;2;3e-1\n\n# a remark\n").unwrap();
        assert_eq!((last.x, last.y), (array![[1.0, 2.0]], array![0.3]));
        let sets = parse("a\tset\ty\n1\ttrain\t2\n3\ttest\t4\n5\tTrain\t6\n").unwrap();
        assert_eq!((sets.x, sets.y), (array![[1.0], [5.0]], array![2.0, 6.0]));
        assert_eq!(sets.test, Some((array![[3.0]], array![4.0])));
    }

    #[test]
    fn bad_tables_are_refused_with_line_and_column() {
        for (text, parts) in [
            ("", &["no rows"][..]),
            ("a,y\n", &["no rows of the train set"]),
            ("1\n2\n", &["1 column", "labels"]),
            ("a,y\n1,2\n3\n", &["line 3", "1 cells", "2"]),
            ("a,y\n1,x\n", &["line 2", "column y", "`x` is no number"]),
            ("a,y\n1,nan\n", &["line 2", "column y", "not finite"]),
            ("a,y\ninf,1\n", &["column a", "not finite"]),
            ("a,y\n,1\n", &["column a", "is empty"]),
            ("a,y,label\n1,2,3\n", &["labels twice", "y and label"]),
            ("a,set,y\n1,other,2\n", &["column set", "train or test"]),
            ("set,y\ntrain,1\n", &["at least one column of inputs"]),
        ] {
            let error = parse(text).unwrap_err();
            for part in parts {
                assert!(error.contains(part), "{text:?}: {error}");
            }
            assert!(!error.contains('\n'), "{error}");
        }
        let wide = vec!["1"; 2_500].join(",");
        let error = parse(&wide).unwrap_err();
        assert!(
            error.contains("columns") && error.contains("2000"),
            "{error}"
        );
        let long = "1,2\n".repeat(20_000);
        let error = parse(&long).unwrap_err();
        assert!(error.contains("16384"), "{error}");
    }

    #[test]
    fn damaged_tables_are_refused_in_one_line_and_never_crash() {
        use rand::{RngExt, SeedableRng};
        let text = "a,b,set,y\n1,2,train,3\n-1e3,0.5,test,\"4\"\n5,6,train,7\n";
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        for _ in 0..3_000 {
            let mut bytes = text.as_bytes().to_vec();
            for _ in 0..rng.random_range(1..5) {
                let at = rng.random_range(0..bytes.len());
                match rng.random_range(0..3) {
                    0 => bytes[at] = rng.random_range(0..=255),
                    1 => drop(bytes.remove(at)),
                    _ => bytes.insert(at, b",\n\"; \t#e-"[rng.random_range(0..9)]),
                }
            }
            let text = String::from_utf8_lossy(&bytes);
            match parse(&text) {
                Ok(instance) => drop(instance.check()),
                Err(error) => assert!(!error.contains('\n'), "{error}"),
            }
        }
    }

    #[test]
    fn a_file_is_read_by_its_ending_and_rescaled_where_asked() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("d.csv");
        std::fs::write(&path, "3,4,2\n4,3,-2\n").unwrap();
        let instance = read(&path, false).unwrap();
        assert_eq!(instance.scale(), [25.0, 4.0]);
        let rescaled = read(&path, true).unwrap();
        for (found, expected) in rescaled.scale().into_iter().zip([1.0, 0.75]) {
            assert!((found - expected).abs() < 1e-12, "{found}");
        }
        let [input, label] = instance.factors();
        assert!((input - 0.2).abs() < 1e-12 && (label - 0.1875f64.sqrt()).abs() < 1e-12);
        for (name, said) in [("none.csv", "no such file"), ("e.csv", "UTF-8")] {
            if name == "e.csv" {
                std::fs::write(dir.path().join(name), [0xff, 0xfe, 0x00]).unwrap();
            }
            let error = read(&dir.path().join(name), false).unwrap_err();
            assert!(error.to_string().contains(said), "{error}");
        }
    }
}
