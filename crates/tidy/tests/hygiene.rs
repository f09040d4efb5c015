//! What no file of the repository may hold: paths of one person's machine, hosts of package registries, headings made of
//! dashes, marks of an unfinished merge.

use std::path::{Path, PathBuf};

use tidy::{assert_none, files, files_named, text};

/// Written in halves, so that this file does not hold what it looks for.
const MACHINE_PATHS: [&str; 5] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
    concat!("/home/", "runner"),
    concat!("C:", "\\Users"),
];

/// Lock files name the public registries by design; nothing else names any.
const REGISTRY_HOSTS: [&str; 6] = [
    concat!("registry.", "npmjs.org"),
    concat!("static.", "crates.io"),
    concat!("index.", "crates.io"),
    concat!("files.", "pythonhosted.org"),
    concat!("deb.", "debian.org"),
    concat!("artifact", "ory"),
];

#[test]
fn no_file_names_a_place_on_one_machine() {
    assert_none("paths of one machine:", &holding(&files(), &MACHINE_PATHS));
}

#[test]
fn a_folder_further_down_is_no_place_on_one_machine() {
    let path = MACHINE_PATHS[0];
    assert!(begins_in(&format!("see {path}notes"), path));
    assert!(begins_in(&format!("\"{path}notes\""), path));
    assert!(!begins_in(&format!("/home/ada{path}notes"), path));
}

#[test]
fn no_file_names_a_registry_host() {
    let written: Vec<_> = files().into_iter().filter(|file| !is_lock(file)).collect();
    assert_none("registry hosts:", &holding(&written, &REGISTRY_HOSTS));
}

#[test]
fn lock_files_name_public_registries_only() {
    let public = [
        concat!("https://registry.", "npmjs.org/"),
        "registry+https://github.com/rust-lang/crates.io-index",
    ];
    let mut faults = Vec::new();
    for file in files().iter().filter(|file| is_lock(file)) {
        for (number, line) in text(file).expect("lock files are text").lines().enumerate() {
            let names_source = line.contains("\"resolved\":") || line.starts_with("source = ");
            if names_source && !public.iter().any(|host| line.contains(host)) {
                faults.push(format!(
                    "{}:{}: {}",
                    file.display(),
                    number + 1,
                    line.trim()
                ));
            }
        }
    }
    assert_none("packages from elsewhere:", &faults);
}

#[test]
fn no_comment_is_a_heading_of_dashes() {
    let mut faults = Vec::new();
    for file in files_named(&["rs", "ts", "svelte", "sql", "sh"]) {
        for (number, line) in text(&file).expect("sources are text").lines().enumerate() {
            let mark = line
                .trim_start()
                .trim_start_matches(['/', '#', '-', '*', ' ']);
            let is_comment = line.trim_start().starts_with(['/', '#', '*']);
            if is_comment
                && ["----", "====", "────"]
                    .iter()
                    .any(|it| mark.contains(it) || line.contains(it))
            {
                faults.push(format!("{}:{}", file.display(), number + 1));
            }
        }
    }
    assert_none("headings made of dashes:", &faults);
}

#[test]
fn no_merge_is_unfinished() {
    assert_none(
        "marks of a merge:",
        &holding(
            &files(),
            &[concat!("<<<<", "<<< "), concat!(">>>>", ">>> ")],
        ),
    );
}

fn is_lock(file: &Path) -> bool {
    file.ends_with("Cargo.lock") || file.ends_with("package-lock.json")
}

/// Where one of the words stands, as `file:line: word`.
fn holding(files: &[PathBuf], words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        let Some(text) = text(file) else { continue };
        for (number, line) in text.lines().enumerate() {
            for word in words.iter().filter(|word| begins_in(line, word)) {
                found.push(format!("{}:{}: {word}", file.display(), number + 1));
            }
        }
    }
    found
}

/// Whether the word stands in the line, not as the rest of a longer path.
fn begins_in(line: &str, word: &str) -> bool {
    let mut places = line.match_indices(word).map(|(place, _)| &line[..place]);
    places
        .any(|before| !word.starts_with('/') || !before.ends_with(|it: char| it.is_alphanumeric()))
}
