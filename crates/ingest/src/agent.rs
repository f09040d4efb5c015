//! Agents whose output is understood, and how they are recognised.

use crate::json;

/// A coding agent whose output is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agent {
    /// Claude Code with `--output-format stream-json --verbose`.
    Claude,
    /// Codex with `exec --json`.
    Codex,
    /// Anything else: its output is text.
    None,
}

/// Programs that run the program named after them.
const WRAPPERS: [&str; 27] = [
    "env",
    "sudo",
    "doas",
    "nohup",
    "nice",
    "ionice",
    "time",
    "timeout",
    "stdbuf",
    "setsid",
    "unbuffer",
    "command",
    "exec",
    "npx",
    "bunx",
    "pnpx",
    "npm",
    "pnpm",
    "yarn",
    "bun",
    "dlx",
    "x",
    "node",
    "deno",
    "mise",
    "direnv",
    "caffeinate",
];
const SHELLS: [&str; 5] = ["sh", "bash", "zsh", "dash", "fish"];

impl Agent {
    /// The agent that a command runs, or whose first line this is. What was printed counts more than the name.
    #[must_use]
    pub fn detect<T: AsRef<str>>(command: &[T], first_line: Option<&[u8]>) -> Self {
        let printed = first_line.and_then(json::object);
        let printed = printed.as_ref().and_then(Self::of_line);
        printed.unwrap_or_else(|| Self::of_command(command))
    }

    /// Its short name, as runs and sessions carry it.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Claude => Some("claude"),
            Self::Codex => Some("codex"),
            Self::None => None,
        }
    }

    /// Whose line this is; `None` where it could be anybody's.
    pub(crate) fn of_line(value: &serde_json::Value) -> Option<Self> {
        match json::text(value, "/type")? {
            "thread.started" => json::text(value, "/thread_id").map(|_| Self::Codex),
            // It prints the same shape and means other things by its numbers.
            "system" if value.get("qwen_code_version").is_some() => Some(Self::None),
            "system" | "assistant" | "user" | "result" | "stream_event" | "rate_limit_event" => {
                is_claudes(value).then_some(Self::Claude)
            }
            _ => None,
        }
    }

    fn of_command<T: AsRef<str>>(command: &[T]) -> Self {
        let mut words = command.iter().map(AsRef::as_ref);
        while let Some(word) = words.next() {
            let program = program(word);
            match program {
                "claude" | "claude-code" => return Self::Claude,
                "codex" => return Self::Codex,
                _ if SHELLS.contains(&program) => return Self::of_script(words),
                _ if WRAPPERS.contains(&program) || is_for_a_wrapper(word) => {}
                _ => return Self::None,
            }
        }
        Self::None
    }

    /// `sh -c 'claude -p …'`.
    fn of_script<'a>(mut words: impl Iterator<Item = &'a str>) -> Self {
        let is_flag = |word: &&str| word.starts_with('-') && word.ends_with('c');
        if !words.by_ref().any(|word| is_flag(&word)) {
            return Self::None;
        }
        let script = words.next().unwrap_or_default();
        let script: Vec<_> = script.split_whitespace().collect();
        Self::of_command(&script)
    }
}

/// The program that a word names: `/usr/bin/claude`, `claude.exe`, `@openai/codex@latest`, `…/claude-code/cli.js`.
fn program(word: &str) -> &str {
    let script = ["/cli.js", "/bin/codex.js", "\\cli.js"];
    let word = script
        .iter()
        .find_map(|end| word.strip_suffix(end))
        .unwrap_or(word);
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    let name = match name.split_once('@') {
        Some((package, _)) if !package.is_empty() => package,
        _ => name,
    };
    [".exe", ".cmd", ".ps1", ".js"]
        .iter()
        .find_map(|end| name.strip_suffix(end))
        .unwrap_or(name)
}

/// An option, an assignment, a number or a duration: `-y`, `FOO=1`, `10`, `60s`.
fn is_for_a_wrapper(word: &str) -> bool {
    word.starts_with('-')
        || word.contains('=')
        || word.starts_with(|first: char| first.is_ascii_digit())
}

fn is_claudes(value: &serde_json::Value) -> bool {
    json::text(value, "/session_id").is_some()
        && (value.get("uuid").is_some() || value.get("claude_code_version").is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(command: &str, agent: Agent) {
        let words: Vec<_> = command.split('|').collect();
        assert_eq!(Agent::detect(&words, None), agent, "{command}");
    }

    #[test]
    fn a_command_is_known_by_its_program() {
        check("claude|-p|hello", Agent::Claude);
        check("/usr/local/bin/claude|-p|hello", Agent::Claude);
        check("C:\\bin\\claude.exe|-p", Agent::Claude);
        check("npx|-y|@anthropic-ai/claude-code@2.1.197|-p", Agent::Claude);
        check(
            "node|/lib/node_modules/@anthropic-ai/claude-code/cli.js",
            Agent::Claude,
        );
        check("env|-u|X=1|FOO=bar|claude|-p", Agent::Claude);
        check("timeout|60s|nice|-n|5|codex|exec|--json", Agent::Codex);
        check("npx|@openai/codex|exec", Agent::Codex);
        check("node|/x/@openai/codex/bin/codex.js|exec", Agent::Codex);
        check("bash|-lc|cd=1 exec claude -p hello", Agent::Claude);
        check("sh|-c|codex exec --json hi", Agent::Codex);
        check("cargo|build", Agent::None);
        check("echo|claude", Agent::None);
        check("sh|claude-wrapper.sh", Agent::None);
        check("cat|/tmp/codex", Agent::None);
        check("", Agent::None);
    }

    #[test]
    fn what_is_printed_counts_more_than_the_name() {
        let codex = br#"{"type":"thread.started","thread_id":"t"}"#;
        let claude = br#"{"type":"system","subtype":"init","session_id":"s","uuid":"u"}"#;
        assert_eq!(Agent::detect(&["claude"], Some(codex)), Agent::Codex);
        assert_eq!(Agent::detect(&["./agent.sh"], Some(claude)), Agent::Claude);
        assert_eq!(Agent::detect(&["claude"], Some(b"hello")), Agent::Claude);
        assert_eq!(Agent::detect(&["make"], Some(b"{}")), Agent::None);
    }

    #[test]
    fn an_agent_that_prints_claudes_shape_is_not_claude() {
        let qwen = br#"{"type":"system","subtype":"init","uuid":"u","session_id":"s","qwen_code_version":"0.15"}"#;
        assert_eq!(Agent::detect::<&str>(&[], Some(qwen)), Agent::None);
    }
}
