//! Programs: whether the one that a worker is to run is there. A worker without it would take tasks only to give them back.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::exit::Refused;

/// Refuses a program that is certainly not there. A relative path is looked for in each workspace, so nobody knows yet.
pub(super) fn check(program: &OsStr) -> anyhow::Result<()> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    find(program, &path)
}

fn find(program: &OsStr, path: &OsStr) -> anyhow::Result<()> {
    let (named, shown) = (Path::new(program), program.display());
    if named.is_absolute() && !is_program(named) {
        return Err(Refused::invalid(format!("there is no program {shown}")));
    }
    if named.components().count() > 1 {
        return Ok(());
    }
    if !std::env::split_paths(path).any(|place| is_program(&place.join(named))) {
        let why = format!("there is no program `{shown}` in any directory of PATH");
        return Err(Refused::invalid(why));
    }
    Ok(())
}

fn is_program(path: &Path) -> bool {
    let may_run =
        |meta: std::fs::Metadata| meta.is_file() && meta.permissions().mode() & 0o111 != 0;
    path.metadata().is_ok_and(may_run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_must_be_there_unless_each_workspace_has_its_own() {
        let home = tempfile::tempdir().unwrap();
        let tool = home.path().join("tool");
        std::fs::write(&tool, "").unwrap();
        let there = |program: &str| find(program.as_ref(), home.path().as_os_str()).is_ok();
        assert!(!there("tool"), "it cannot be run");
        std::fs::set_permissions(&tool, PermissionsExt::from_mode(0o755)).unwrap();
        assert!(there("tool"));
        assert!(!there("other"));
        assert!(there(tool.to_str().unwrap()));
        assert!(!there("/nowhere/tool"));
        assert!(there("scripts/tool"));
        assert!(there("{workspace}/tool"));
        assert!(!there(home.path().to_str().unwrap()), "a directory");
    }
}
