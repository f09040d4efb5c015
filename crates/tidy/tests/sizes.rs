//! How long a file may be. A long file has a seam that nobody looked for yet.

use std::path::Path;

use tidy::{assert_none, files_named, text};

const LONGEST: usize = 500;
const LONGEST_TEST: usize = 600;

#[test]
fn no_source_file_is_too_long() {
    let mut faults = Vec::new();
    for file in files_named(&["rs", "ts", "svelte", "css", "sh"]) {
        if is_generated(&file) {
            continue;
        }
        let lines = text(&file).expect("sources are text").lines().count();
        let longest = if is_test(&file) {
            LONGEST_TEST
        } else {
            LONGEST
        };
        if lines > longest {
            faults.push(format!(
                "{} has {lines} lines, {longest} is the end",
                file.display()
            ));
        }
    }
    assert_none("files to split:", &faults);
}

fn is_test(file: &Path) -> bool {
    let name = file
        .file_name()
        .and_then(|it| it.to_str())
        .unwrap_or_default();
    name == "tests.rs"
        || name.ends_with("_tests.rs")
        || name.contains(".test.")
        || file
            .components()
            .any(|it| matches!(it.as_os_str().to_str(), Some("tests" | "e2e")))
}

/// Types that a generator writes from the OpenAPI document.
fn is_generated(file: &Path) -> bool {
    file.ends_with("ui/src/lib/schema.ts")
}
