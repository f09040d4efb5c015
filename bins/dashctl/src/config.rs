//! The file of contexts: which servers somebody talks to, and with which token.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::exit::Refused;

/// All contexts, and which one is current.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) current: Option<String>,
    pub(crate) contexts: BTreeMap<String, Context>,
}

/// One server, and the token for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Context {
    pub(crate) server: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
}

impl Config {
    /// Where the file is: `DASHCTL_CONFIG`, else in the user's configuration directory.
    pub(crate) fn path() -> anyhow::Result<PathBuf> {
        if let Some(path) = std::env::var_os("DASHCTL_CONFIG") {
            return Ok(path.into());
        }
        let directories = directories::ProjectDirs::from("", "", "dashctl")
            .context("find the user's configuration directory: set DASHCTL_CONFIG")?;
        Ok(directories.config_dir().join("config.toml"))
    }

    /// What the file says; nothing when there is none.
    pub(crate) fn load() -> anyhow::Result<Self> {
        Self::load_from(&Self::path()?)
    }

    fn load_from(path: &Path) -> anyhow::Result<Self> {
        match std::fs::read_to_string(path) {
            Ok(text) => toml::from_str(&text).with_context(|| format!("read {}", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("read {}", path.display())),
        }
    }

    /// Writes the file anew, readable by its owner only: it holds tokens.
    pub(crate) fn save(&self) -> anyhow::Result<()> {
        let path = Self::path()?;
        self.save_to(&path)
            .with_context(|| format!("write {}", path.display()))
    }

    fn save_to(&self, path: &Path) -> anyhow::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        // Written beside and renamed, so that nobody ever reads half of it.
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        new.write_all(toml::to_string(self)?.as_bytes())?;
        new.persist(path)?;
        Ok(())
    }

    /// The context with this name, or the current one.
    pub(crate) fn context(&self, name: Option<&str>) -> anyhow::Result<Option<&Context>> {
        let Some(name) = name.or(self.current.as_deref()) else {
            return Ok(None);
        };
        let found = self.contexts.get(name).map(Some);
        let unknown = || format!("there is no context `{name}`: see `dashctl contexts list`");
        found.ok_or_else(|| Refused::not_found(unknown()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        let context = Context {
            server: "http://127.0.0.1:1".into(),
            token: Some("t".into()),
        };
        Config {
            current: Some("work".into()),
            contexts: [("work".to_owned(), context)].into(),
        }
    }

    #[test]
    fn what_is_saved_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/config.toml");
        config().save_to(&path).unwrap();
        assert_eq!(Config::load_from(&path).unwrap(), config());
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_the_tokens() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        config().save_to(&path).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }

    #[test]
    fn a_context_that_is_not_there_is_named() {
        let refused = config().context(Some("home")).unwrap_err().to_string();
        assert!(refused.contains("`home`"), "{refused}");
        assert_eq!(Config::default().context(None).unwrap(), None);
    }
}
