//! Workspaces of tasks: which are possible, as far as that can be told without the machine that they are on.

use crate::{FieldError, Name, Text, WorkspaceKind};

/// Where the work on a task is to happen, as somebody asked for it.
#[derive(Debug, Clone, Copy)]
pub struct WantedWorkspace<'a> {
    /// Where the work happens.
    pub kind: WorkspaceKind,
    /// The directory.
    pub path: Option<&'a Text>,
    /// The branch.
    pub branch: Option<&'a Name>,
    /// The directory that stands in for a path that is not named.
    pub project: Option<&'a Text>,
}

impl WantedWorkspace<'_> {
    /// Says what is impossible.
    pub fn check(self) -> Result<(), FieldError> {
        let refuse = |pointer: &str, detail: &str| Err(FieldError::new(pointer, detail));
        match (self.kind, self.path.or(self.project)) {
            (WorkspaceKind::Scratch, _) if self.path.is_some() => {
                return refuse("/workspace_path", "a scratch workspace is made in no path");
            }
            (WorkspaceKind::Dir | WorkspaceKind::Worktree, None) => {
                let nowhere = "is needed: the project names no `repo_path` to stand in for it";
                return refuse("/workspace_path", nowhere);
            }
            _ => {}
        }
        if let Some(Err(why)) = self.path.map(|path| check_path(path.as_str())) {
            return refuse("/workspace_path", why);
        }
        match self.branch {
            Some(_) if self.kind != WorkspaceKind::Worktree => {
                refuse("/branch_name", "only a worktree is on a branch")
            }
            Some(name) if !is_branch_name(name.as_str()) => {
                refuse("/branch_name", "is no name that git takes for a branch")
            }
            _ => Ok(()),
        }
    }
}

fn check_path(path: &str) -> Result<(), &'static str> {
    if !path.starts_with('/') {
        return Err("must be absolute: it begins with `/`");
    }
    if path.split('/').any(|part| part == "..") {
        return Err("must not hold `..`");
    }
    match path.contains(char::is_control) {
        true => Err("must be one line"),
        false => Ok(()),
    }
}

/// Whether git takes a name for a branch: the rules of `git check-ref-format --branch`, without the names that it expands.
#[must_use]
pub fn is_branch_name(name: &str) -> bool {
    let is_bad = |letter: char| letter.is_ascii_control() || " ~^:?*[\\".contains(letter);
    let is_part =
        |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    !name.starts_with('-')
        && !name.ends_with('.')
        && !matches!(name, "@" | "HEAD")
        && !name.contains(is_bad)
        && !name.contains("..")
        && !name.contains("@{")
        && name.split('/').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: WorkspaceKind, path: &str, branch: &str, project: &str) -> String {
        let text = |text: &str| (!text.is_empty()).then(|| Text::lossy(text));
        let branch = (!branch.is_empty()).then(|| Name::lossy(branch));
        let (path, project) = (text(path), text(project));
        let wanted = WantedWorkspace {
            kind,
            path: path.as_ref(),
            branch: branch.as_ref(),
            project: project.as_ref(),
        };
        wanted
            .check()
            .err()
            .map_or_else(String::new, |error| error.pointer)
    }

    #[test]
    fn what_cannot_be_is_refused_where_it_is_said() {
        use WorkspaceKind::{Dir, Scratch, Worktree};
        let (path, branch) = ("/workspace_path", "/branch_name");
        for (kind, at, on, project, refused) in [
            (Scratch, "", "", "", ""),
            (Scratch, "", "", "/src", ""),
            (Scratch, "/src", "", "", path),
            (Scratch, "", "main", "", branch),
            (Dir, "/src", "", "", ""),
            (Dir, "", "", "/src", ""),
            (Dir, "", "", "", path),
            (Dir, "rel", "", "", path),
            (Dir, "~/src", "", "", path),
            (Dir, "/a/../b", "", "", path),
            (Dir, "/a..b/c", "", "", ""),
            (Dir, "/a\nb", "", "", path),
            (Dir, "/src", "main", "", branch),
            (Worktree, "", "", "", path),
            (Worktree, "/src", "fix/oven", "", ""),
            (Worktree, "", "-x --y", "/src", branch),
        ] {
            let said = check(kind, at, on, project);
            assert_eq!(said, refused, "{kind} {at:?} {on:?} {project:?}");
        }
    }

    #[test]
    fn a_branch_is_called_what_git_takes() {
        for name in [
            "main", "fix/oven", "a.b", "a@b", "ünï", "a-", "@a", "lock", "head", "a/HEAD", "a/@",
            "a./b",
        ] {
            assert!(is_branch_name(name), "{name}");
        }
        for name in [
            "", "-x", "a b..c", "a b", "a..b", ".a", "a/.b", "a.", "/a", "a/", "a//b", "a.lock",
            "a.lock/b", "a~1", "a^", "a:b", "a?", "a*", "a[b", "a\\b", "a@{1}", "@", "HEAD",
            "a\tb",
        ] {
            assert!(!is_branch_name(name), "{name}");
        }
    }
}
