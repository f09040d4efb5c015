//! What a worker calls itself: two on one machine must not be taken for one.

use std::fs::File;
use std::path::Path;

use anyhow::Context as _;
use model::Name;

/// More workers than that on one machine need names given to them.
const MOST: u32 = 1000;

/// A name, and what keeps others from taking it.
#[derive(Debug)]
pub(super) struct OwnName {
    name: Name,
    _lock: Option<File>,
}

impl OwnName {
    /// A name that somebody chose.
    pub(super) fn given(name: Name) -> Self {
        Self { name, _lock: None }
    }

    /// The machine's name, with a number where another worker has it already.
    pub(super) fn find(managed: &Path) -> anyhow::Result<Self> {
        let locks = managed.join("names");
        std::fs::create_dir_all(&locks).with_context(|| format!("make {}", locks.display()))?;
        for number in 1..MOST {
            let path = locks.join(number.to_string());
            let lock = File::create(&path).with_context(|| format!("make {}", path.display()))?;
            if lock.try_lock().is_ok() {
                let name = nth(number);
                let _lock = Some(lock);
                return Ok(Self { name, _lock });
            }
        }
        anyhow::bail!("there are {MOST} workers here already: give it a --name")
    }

    pub(super) fn name(&self) -> &Name {
        &self.name
    }
}

fn nth(number: u32) -> Name {
    let host = host().unwrap_or_else(|| Name::lossy("worker"));
    match number {
        1 => host,
        _ => Name::lossy(&format!("{host}-{number}")),
    }
}

/// This machine.
pub(super) fn host() -> Option<Name> {
    let host = nix::unistd::gethostname().ok()?;
    Some(Name::lossy(&host.to_string_lossy()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_workers_have_two_names_and_a_free_one_is_taken_again() {
        let managed = tempfile::tempdir().unwrap();
        let first = OwnName::find(managed.path()).unwrap();
        let second = OwnName::find(managed.path()).unwrap();
        assert_eq!(second.name.as_str(), format!("{}-2", first.name));
        let freed = first.name.clone();
        drop(first);
        assert_eq!(OwnName::find(managed.path()).unwrap().name, freed);
    }
}
