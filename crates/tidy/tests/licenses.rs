//! What the product is built from, by the rules of `deny.toml`, without needing cargo-deny: licences, sources, bans.

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, PackageId};
use tidy::{assert_none, root, text};

#[test]
fn every_licence_is_allowed() {
    let (metadata, rules) = (metadata(), rules());
    let allowed = strings(&rules["licenses"]["allow"], None);
    let mut faults = Vec::new();
    for package in built(&metadata) {
        let licence = package.license.as_deref().unwrap_or("none");
        let excepted = exceptions(&rules, package.name.as_str());
        let is_allowed = |word: &str| allowed.iter().chain(&excepted).any(|it| it == word);
        if !satisfied(licence, is_allowed) {
            faults.push(format!("{} {}: {licence}", package.name, package.version));
        }
    }
    assert_none("licences that deny.toml does not allow:", &faults);
}

#[test]
fn every_dependency_comes_from_the_public_registry() {
    let metadata = metadata();
    let elsewhere =
        |package: &&Package| package.source.as_ref().is_some_and(|it| !it.is_crates_io());
    let faults: Vec<_> = metadata
        .packages
        .iter()
        .filter(elsewhere)
        .map(|it| it.id.to_string())
        .collect();
    assert_none("packages from elsewhere:", &faults);
}

#[test]
fn nothing_banned_is_built() {
    let (metadata, rules) = (metadata(), rules());
    let banned = strings(&rules["bans"]["deny"], Some("name"));
    let faults: Vec<_> = built(&metadata)
        .filter(|it| banned.contains(&it.name.to_string()))
        .map(|it| it.name.to_string())
        .collect();
    assert_none("crates that deny.toml bans:", &faults);
}

#[test]
fn licence_expressions_are_read_as_spdx_says() {
    let check = |expression, allowed: &[&str], expected| {
        assert_eq!(
            satisfied(expression, |word| allowed.contains(&word)),
            expected,
            "{expression} with {allowed:?}"
        );
    };
    check("MIT", &["MIT"], true);
    check("GPL-3.0", &["MIT"], false);
    check("MIT OR GPL-3.0", &["MIT"], true);
    check("MIT/GPL-3.0", &["MIT"], true);
    check("MIT AND BSD-3-Clause", &["MIT"], false);
    check(
        "(MIT OR Apache-2.0) AND Unicode-3.0",
        &["MIT", "Unicode-3.0"],
        true,
    );
    check(
        "(MIT OR Apache-2.0) AND Unicode-3.0",
        &["MIT", "Apache-2.0"],
        false,
    );
    check(
        "Apache-2.0 WITH LLVM-exception OR GPL-2.0",
        &["Apache-2.0 WITH LLVM-exception"],
        true,
    );
    check("Apache-2.0 WITH LLVM-exception", &["Apache-2.0"], false);
}

/// Whether an SPDX expression can be met. Parentheses stand around alternatives only, as in all of crates.io's common
/// forms; a nested one is not met and so is shown to a person.
fn satisfied(expression: &str, allowed: impl Fn(&str) -> bool) -> bool {
    let either = |part: &str| {
        part.replace('/', " OR ")
            .split(" OR ")
            .any(|word| allowed(word.trim()))
    };
    if !expression.contains('(') {
        let both = |part: &str| part.split(" AND ").all(|word| allowed(word.trim()));
        return expression.replace('/', " OR ").split(" OR ").any(both);
    }
    expression
        .split(" AND ")
        .all(|part| either(part.trim().trim_start_matches('(').trim_end_matches(')')))
}

/// The packages that end up in a product, without those that only tests and measurements use.
fn built(metadata: &Metadata) -> impl Iterator<Item = &Package> {
    let nodes = &metadata
        .resolve
        .as_ref()
        .expect("cargo resolves the workspace")
        .nodes;
    let mut open: Vec<&PackageId> = metadata.workspace_members.iter().collect();
    let mut seen = std::collections::BTreeSet::new();
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            let node = nodes
                .iter()
                .find(|node| &node.id == id)
                .expect("every package is a node");
            let used = node.deps.iter().filter(|it| {
                it.dep_kinds
                    .iter()
                    .any(|it| it.kind != DependencyKind::Development)
            });
            open.extend(used.map(|it| &it.pkg));
        }
    }
    metadata
        .packages
        .iter()
        .filter(move |it| it.source.is_some() && seen.contains(&it.id))
}

fn metadata() -> Metadata {
    MetadataCommand::new()
        .current_dir(root())
        .other_options(["--locked".to_owned()])
        .exec()
        .expect("cargo describes the workspace")
}

fn rules() -> toml::Table {
    text("deny.toml".as_ref())
        .expect("deny.toml is text")
        .parse()
        .expect("deny.toml is TOML")
}

fn exceptions(rules: &toml::Table, name: &str) -> Vec<String> {
    let listed = rules["licenses"]
        .get("exceptions")
        .and_then(toml::Value::as_array);
    let ours = listed
        .into_iter()
        .flatten()
        .filter(|it| it["name"].as_str() == Some(name));
    ours.flat_map(|it| strings(&it["allow"], None)).collect()
}

/// The strings of a list, or those under one key of a list of tables.
fn strings(list: &toml::Value, key: Option<&str>) -> Vec<String> {
    let items = list.as_array().expect("deny.toml holds a list").iter();
    let string = |item: &toml::Value| {
        key.map_or_else(|| item.as_str(), |key| item[key].as_str())
            .map(str::to_owned)
    };
    items.filter_map(string).collect()
}
