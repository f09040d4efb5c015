//! Migrations come in pairs: the same numbers and names for both engines, without a hole.

use std::collections::BTreeSet;
use std::path::PathBuf;

use tidy::{assert_none, files};

#[test]
fn both_engines_have_the_same_migrations() {
    let (sqlite, postgres) = (names("migrations/sqlite"), names("migrations/postgres"));
    assert!(!sqlite.is_empty(), "there are no migrations");
    let faults: Vec<_> = sqlite.symmetric_difference(&postgres).cloned().collect();
    assert_none("migrations that only one engine has:", &faults);
}

#[test]
fn migrations_are_numbered_without_a_hole() {
    let mut faults = Vec::new();
    for (index, name) in names("migrations/sqlite").into_iter().enumerate() {
        if !name.starts_with(&format!("{:04}_", index + 1)) {
            faults.push(format!("{name} stands at place {}", index + 1));
        }
    }
    assert_none(
        "migrations are 0001_name.sql, 0002_name.sql and so on:",
        &faults,
    );
}

fn names(folder: &str) -> BTreeSet<String> {
    let name = |file: &PathBuf| Some(file.strip_prefix(folder).ok()?.to_str()?.to_owned());
    files().iter().filter_map(name).collect()
}
