//! Every Rust file opens with a sentence about itself, and every crate says what it is.

use std::path::PathBuf;

use tidy::{assert_none, files, files_named, text};

#[test]
fn every_rust_file_says_what_it_is() {
    let faults: Vec<_> = files_named(&["rs"])
        .iter()
        .filter(|file| !text(file).expect("sources are text").starts_with("//! "))
        .map(|file| file.display().to_string())
        .collect();
    assert_none("files that do not open with `//! `:", &faults);
}

#[test]
fn every_library_says_what_it_is_and_where_to_start() {
    let mut faults = Vec::new();
    for manifest in manifests() {
        let library = manifest.with_file_name("src").join("lib.rs");
        if !tidy::root().join(&library).is_file() {
            continue;
        }
        let words = opening(&text(&library).expect("sources are text"))
            .split_whitespace()
            .count();
        if words < 15 {
            faults.push(format!(
                "{} says only {words} words about its crate",
                library.display()
            ));
        }
    }
    assert_none(
        "a crate's lib.rs says what it is, what it must not know, where to start:",
        &faults,
    );
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let faults: Vec<_> = manifests()
        .into_iter()
        .filter(|manifest| {
            !text(manifest)
                .expect("manifests are text")
                .contains("[lints]\nworkspace = true")
        })
        .map(|manifest| manifest.display().to_string())
        .collect();
    assert_none("manifests without the lints of the workspace:", &faults);
}

fn manifests() -> Vec<PathBuf> {
    let is_member = |file: &PathBuf| file.ends_with("Cargo.toml") && file.components().count() == 3;
    files().into_iter().filter(is_member).collect()
}

/// The `//!` lines at the top of a file.
fn opening(source: &str) -> String {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    lines.collect::<Vec<_>>().join("\n")
}
