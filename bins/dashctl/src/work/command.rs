//! The command of a worker: its placeholders, and what it reads.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use runner::Stdin;

use super::{placeholders, programs};
use crate::exit::Refused;

const MARKS: (&str, &str) = ("{", "}");
/// Where one of these stands in the command, it has the task from there.
const TASK: [&str; 3] = ["prompt", "prompt_file", "task_file"];

/// What runs a text that it is given: shells, and what hands it to one, here or elsewhere.
const SHELLS: [&str; 18] = [
    "sh", "ash", "bash", "dash", "ksh", "mksh", "zsh", "fish", "csh", "tcsh", "pwsh", "busybox",
    "ssh", "rsh", "mosh", "su", "runuser", "watch",
];

/// Linux takes no word of a command that is as long, in bytes.
const LONGEST: usize = 128 << 10;

/// What stands in the place of the placeholders.
#[derive(Debug)]
pub(super) struct Values<'a> {
    pub(super) prompt: &'a str,
    pub(super) prompt_file: &'a Path,
    pub(super) task_file: &'a Path,
    pub(super) workspace: &'a Path,
    pub(super) task_id: &'a str,
}

/// Refuses a command whose program is not here, or that would let a shell run what somebody wrote into a task.
pub(super) fn check(exec: &[OsString]) -> anyhow::Result<()> {
    if let Some(program) = exec.first() {
        programs::check(program)?;
    }
    // Wherever it stands: others start it, as `env` and `timeout` do.
    let shell = exec.iter().find(|word| is_shell(word));
    match shell {
        Some(shell) if names(exec).contains(&"prompt") => Err(Refused::invalid(format!(
            "`{}` would run what the prompt says: use {{prompt_file}}, or read the prompt from standard input",
            shell.display()
        ))),
        _ => Ok(()),
    }
}

fn is_shell(word: &OsStr) -> bool {
    let name = Path::new(word).file_name().and_then(OsStr::to_str);
    name.is_some_and(|name| SHELLS.contains(&name))
}

/// The command for one task.
pub(super) fn fill(exec: &[OsString], values: &Values<'_>) -> anyhow::Result<Vec<OsString>> {
    let words: Vec<_> = exec.iter().map(|word| fill_word(word, values)).collect();
    if words.iter().any(|word| word.len() >= LONGEST) {
        // A matter of this worker: another one's command may read it in another way.
        anyhow::bail!(
            "the prompt is too long for {{prompt}}: let the command read it from standard input or {{prompt_file}}"
        );
    }
    Ok(words)
}

/// What it reads.
pub(super) fn stdin(exec: &[OsString], prompt_file: &Path) -> Stdin {
    match names(exec).iter().any(|name| TASK.contains(name)) {
        true => Stdin::Nothing,
        false => Stdin::File(prompt_file.to_owned()),
    }
}

fn names(exec: &[OsString]) -> Vec<&str> {
    let words = exec.iter().filter_map(|word| word.to_str());
    words
        .flat_map(|word| placeholders::names(word, MARKS))
        .collect()
}

fn fill_word(word: &OsStr, values: &Values<'_>) -> OsString {
    let Some(text) = word.to_str() else {
        return word.to_owned();
    };
    let value = |name: &str| match name {
        "prompt" => Some(values.prompt),
        "prompt_file" => values.prompt_file.to_str(),
        "task_file" => values.task_file.to_str(),
        "workspace" => values.workspace.to_str(),
        "task_id" => Some(values.task_id),
        _ => None,
    };
    placeholders::fill(text, MARKS, value).into()
}

#[cfg(test)]
mod tests {
    use super::super::workspace::WrongTask;
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn a_command_gets_what_it_asks_for() {
        let values = Values {
            prompt: "do {task_id}",
            prompt_file: Path::new("/p"),
            task_file: Path::new("/t"),
            workspace: Path::new("/w"),
            task_id: "7",
        };
        let filled = fill(
            &words("agent -p {prompt} --cd={workspace} {task_id} {} {other}"),
            &values,
        )
        .unwrap();
        let mut expected = words("agent -p PROMPT --cd=/w 7 {} {other}");
        expected[2] = "do {task_id}".into();
        assert_eq!(filled, expected);
    }

    #[test]
    fn a_prompt_that_fits_into_no_argument_is_refused_with_advice() {
        let prompt = "x".repeat(LONGEST);
        let values = Values {
            prompt: &prompt,
            prompt_file: Path::new("/p"),
            task_file: Path::new("/t"),
            workspace: Path::new("/w"),
            task_id: "7",
        };
        let refused = fill(&words("agent {prompt}"), &values).unwrap_err();
        assert!(refused.to_string().contains("{prompt_file}"), "{refused}");
        assert!(!refused.is::<WrongTask>(), "others can take it");
        assert!(fill(&words("agent {prompt_file}"), &values).is_ok());
    }

    #[test]
    fn a_command_that_asks_for_no_prompt_reads_it() {
        let path = Path::new("/p");
        assert_eq!(stdin(&words("claude -p"), path), Stdin::File(path.into()));
        let there = Stdin::File(path.into());
        assert_eq!(stdin(&words("codex exec -C {workspace}"), path), there);
        assert_eq!(stdin(&words("agent {task_file}"), path), Stdin::Nothing);
    }

    #[test]
    fn a_shell_never_runs_the_prompt() {
        assert!(check(&words("/bin/bash -c {prompt}")).is_err());
        assert!(check(&words("env LANG=C /bin/bash -c {prompt}")).is_err());
        assert!(check(&words("env ssh host {prompt}")).is_err());
        assert!(check(&words("env crush --cd={workspace} {prompt}")).is_ok());
        assert!(check(&words("bash -c cat<{prompt_file}")).is_ok());
        assert!(check(&words("cat -p {prompt}")).is_ok());
    }
}
