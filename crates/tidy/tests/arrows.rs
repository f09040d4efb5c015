//! Which crate may use which. The table is the map in `docs/architecture.md`; any other arrow fails.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use tidy::{assert_none, root};

/// Each crate of ours and the crates of ours that it may be built from.
const ARROWS: [(&str, &[&str]); 16] = [
    ("model", &[]),
    ("auth", &["model"]),
    ("ingest", &["model"]),
    ("store", &["model"]),
    ("bus", &["store", "model"]),
    ("notify", &["model"]),
    (
        "app",
        &["auth", "store", "bus", "ingest", "notify", "model"],
    ),
    ("api", &["app", "auth", "ingest", "model"]),
    ("client", &["model"]),
    ("runner", &["client", "model"]),
    // The facade joins the layers: it opens the store that `app` decides over.
    (
        "dashboard",
        &["api", "app", "auth", "bus", "client", "store", "model"],
    ),
    ("dashboardd", &["dashboard"]),
    ("dashctl", &["client", "runner", "ingest", "model"]),
    ("testkit", &["store", "model"]),
    ("bench", &["client", "model"]),
    ("tidy", &[]),
];

/// What a crate's tests may use besides: `*` stands for every crate.
const TEST_ARROWS: [(&str, &str); 7] = [
    ("*", "testkit"),
    ("api", "client"),
    ("api", "dashboard"),
    ("api", "dashboard"),
    ("dashboardd", "client"),
    ("dashboardd", "model"),
    ("dashctl", "dashboard"),
];

/// What `model` must never be built from, at any distance.
const NOT_IN_MODEL: [&str; 5] = ["sqlx", "axum", "tokio", "reqwest", "tonic"];

#[test]
fn every_arrow_is_on_the_map() {
    let metadata = metadata();
    let allowed: BTreeMap<_, _> = ARROWS.into_iter().collect();
    let mut faults = Vec::new();
    for package in metadata.workspace_packages() {
        let from = short(package);
        let Some(targets) = allowed.get(from) else {
            faults.push(format!("{from} is not on the map"));
            continue;
        };
        for (to, kind) in arrows(package) {
            let on_map = targets.contains(&to.as_str());
            let for_tests = kind == DependencyKind::Development && is_test_arrow(from, &to);
            if !on_map && !for_tests {
                faults.push(format!("{from} -> {to} ({kind})"));
            }
        }
    }
    assert_none("arrows that docs/architecture.md does not have:", &faults);
}

#[test]
fn the_map_has_no_crate_that_is_gone() {
    let metadata = metadata();
    let present: BTreeSet<_> = metadata
        .workspace_packages()
        .into_iter()
        .map(short)
        .collect();
    let gone: Vec<_> = ARROWS
        .iter()
        .filter(|(name, _)| !present.contains(name))
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_none("crates on the map that do not exist:", &gone);
}

#[test]
fn crates_for_tests_are_in_no_product() {
    let metadata = metadata();
    let mut faults = Vec::new();
    for package in metadata.workspace_packages() {
        for (to, kind) in arrows(package) {
            let only_for_tests = matches!(to.as_str(), "testkit" | "tidy" | "bench");
            if only_for_tests && kind != DependencyKind::Development {
                faults.push(format!("{} -> {to} ({kind})", short(package)));
            }
        }
    }
    assert_none(
        "testkit, tidy and bench are dev-dependencies only:",
        &faults,
    );
}

#[test]
fn the_model_does_no_io() {
    let metadata = metadata();
    let model = metadata
        .workspace_packages()
        .into_iter()
        .find(|it| short(it) == "model")
        .expect("there is a model");
    let resolve = metadata
        .resolve
        .as_ref()
        .expect("cargo resolves the workspace");
    let mut open = vec![&model.id];
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        let name = metadata[id].name.as_str();
        if NOT_IN_MODEL.contains(&name) {
            faults.push(name.to_owned());
        }
        let node = resolve
            .nodes
            .iter()
            .find(|node| &node.id == id)
            .expect("every package is a node");
        let is_built = |dep: &&cargo_metadata::NodeDep| {
            dep.dep_kinds
                .iter()
                .any(|it| it.kind == DependencyKind::Normal)
        };
        open.extend(node.deps.iter().filter(is_built).map(|dep| &dep.pkg));
    }
    assert_none("model is built from crates that do IO:", &faults);
}

fn metadata() -> Metadata {
    MetadataCommand::new()
        .current_dir(root())
        .other_options(["--locked".to_owned()])
        .exec()
        .expect("cargo describes the workspace")
}

/// `dashboard-store` is called `store` in code and on the map.
fn short(package: &Package) -> &str {
    bare(package.name.as_str())
}

fn bare(name: &str) -> &str {
    name.strip_prefix("dashboard-").unwrap_or(name)
}

/// The crates of ours that a package names in its manifest.
fn arrows(package: &Package) -> Vec<(String, DependencyKind)> {
    let ours = package.dependencies.iter().filter(|it| it.path.is_some());
    ours.map(|it| (bare(&it.name).to_owned(), it.kind))
        .collect()
}

fn is_test_arrow(from: &str, to: &str) -> bool {
    TEST_ARROWS
        .iter()
        .any(|&(source, target)| target == to && (source == "*" || source == from))
}
