//! The command of a worker: its placeholders, and what it reads.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use runner::Stdin;

use super::workspace::WrongTask;
use super::{placeholders, programs};

const MARKS: (&str, &str) = ("{", "}");
/// Where one of these stands in the command, it has the task from there.
const TASK: [&str; 3] = ["prompt", "prompt_file", "task_file"];

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
    let program = exec.first().map(Path::new).and_then(Path::file_name);
    let is_shell = program.is_some_and(|name| name.as_encoded_bytes().ends_with(b"sh"));
    if is_shell && names(exec).contains(&"prompt") {
        anyhow::bail!(
            "a shell would run what the prompt says: use {{prompt_file}}, or read the prompt from standard input"
        );
    }
    Ok(())
}

/// The command for one task.
pub(super) fn fill(exec: &[OsString], values: &Values<'_>) -> anyhow::Result<Vec<OsString>> {
    let words: Vec<_> = exec.iter().map(|word| fill_word(word, values)).collect();
    if words.iter().any(|word| word.len() >= LONGEST) {
        let why = "the prompt is too long for {prompt}: let the command read it from standard input or {prompt_file}";
        return Err(WrongTask(why.to_owned()).into());
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
        assert!(check(&words("bash -c cat<{prompt_file}")).is_ok());
        assert!(check(&words("cat -p {prompt}")).is_ok());
    }
}
