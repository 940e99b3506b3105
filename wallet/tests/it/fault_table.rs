//! `docs/faults.md` and the tests say the same.

use std::{collections::BTreeSet, fs, path::Path};

/// Rows of the table.
const ROWS: usize = 49;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The last column of each row: names of tests between backquotes.
fn named() -> Vec<BTreeSet<String>> {
    let table = fs::read_to_string(root().join("docs/faults.md")).unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| ") && line.contains("`"));
    let tests = |row: &str| {
        let last = row.trim_end().trim_end_matches('|').rsplit('|').next().unwrap().to_owned();
        last.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    rows.map(tests).collect()
}

/// Every test function of the crate, and of the services it is used with.
fn there_are() -> BTreeSet<String> {
    let mut tests = BTreeSet::new();
    for folder in ["wallet/tests/it", "wallet/src", "wallet/src/store", "services/tests"] {
        for file in fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path()) {
            if file.extension().is_some_and(|extension| extension == "rs") {
                let source = fs::read_to_string(&file).unwrap();
                let after_marks = source.split("#[test]\n").skip(1);
                let name =
                    |text: &str| text.trim_start().strip_prefix("fn ").unwrap().split('(').next().unwrap().to_owned();
                tests.extend(after_marks.map(name));
            }
        }
    }
    tests
}

#[test]
fn fault_table__every_row__names_tests_that_exist_and_no_fault_test_is_left_out() {
    let (rows, there_are) = (named(), there_are());
    assert_eq!(rows.len(), ROWS);
    for row in &rows {
        assert!(!row.is_empty(), "a row without a test");
        let missing: Vec<_> = row.difference(&there_are).collect();
        assert!(missing.is_empty(), "named in docs/faults.md and not there: {missing:?}");
    }
    let named: BTreeSet<_> = rows.into_iter().flatten().collect();
    let of_faults = there_are.into_iter().filter(|name| name.starts_with("fault__") || name.starts_with("kill__at"));
    let left_out: Vec<_> = of_faults.filter(|name| !named.contains(name)).collect();
    assert!(left_out.is_empty(), "not in docs/faults.md: {left_out:?}");
}

/// The order of events is a number, and waiting is counted in blocks: a clock that is wrong, or set back, is not asked.
#[test]
fn fault__clock_wrong__is_not_asked() {
    let mut n_files = 0;
    for folder in ["wallet/src", "wallet/src/store"] {
        for file in fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path()) {
            if file.is_file() && !file.ends_with("keys.rs") {
                let source = fs::read_to_string(&file).unwrap();
                for clock in ["SystemTime", "Instant", "std::time", "chrono", "thread::sleep"] {
                    assert!(!source.contains(clock), "{file:?} uses {clock}");
                }
                n_files += 1;
            }
        }
    }
    assert!(n_files > 10, "only {n_files} files were looked at");
}
