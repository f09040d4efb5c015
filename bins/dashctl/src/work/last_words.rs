//! The last words of a command whose output means nothing to us: they are the result of its task.

use model::{LogStream, Outcome, Text};
use runner::{Conclusion, Line, Observer, Seen};

/// `EX_TEMPFAIL`: the command cannot go on now, and it is not the task's fault.
const COME_BACK_LATER: i32 = 75;
/// No more bytes of a line than that are kept.
const MOST: usize = 8 << 10;

/// Listens beside another observer.
pub(super) struct LastWords {
    inner: Box<dyn Observer>,
    last: Vec<u8>,
}

impl LastWords {
    pub(super) fn new(inner: Box<dyn Observer>) -> Self {
        let last = Vec::new();
        Self { inner, last }
    }
}

impl Observer for LastWords {
    fn wants_whole_lines(&self) -> bool {
        self.inner.wants_whole_lines()
    }

    fn line(&mut self, line: Line<'_>) -> Seen {
        let bytes = line.bytes.trim_ascii();
        if line.stream == LogStream::Stdout && !bytes.is_empty() && !is_fence(bytes) {
            self.last.clear();
            self.last.extend_from_slice(&bytes[..bytes.len().min(MOST)]);
        }
        self.inner.line(line)
    }

    fn finish(&mut self, exit_code: i32) -> Conclusion {
        let mut conclusion = self.inner.finish(exit_code);
        if exit_code == COME_BACK_LATER {
            conclusion.outcome = Some(Outcome::RateLimited);
        }
        // An agent that is understood says what came of it; its lines are for programs.
        let is_plain = !self.inner.wants_whole_lines();
        if is_plain && !self.last.is_empty() {
            let last = String::from_utf8_lossy(&self.last);
            conclusion.last_line = Some(Text::lossy(&last));
        }
        conclusion
    }
}

/// Whether a line only ends a block of code.
fn is_fence(line: &[u8]) -> bool {
    let is_of = |mark| line.len() >= 3 && line.iter().all(|byte| *byte == mark);
    is_of(b'`') || is_of(b'~')
}

#[cfg(test)]
mod tests {
    use super::*;
    use runner::Blind;

    fn check(lines: &[&str], exit_code: i32, summary: Option<&str>, outcome: Option<Outcome>) {
        let mut observer = LastWords::new(Box::new(Blind));
        for line in lines {
            let (stream, bytes) = (LogStream::Stdout, line.as_bytes());
            observer.line(Line { stream, bytes });
        }
        let conclusion = observer.finish(exit_code);
        assert_eq!(conclusion.last_line.as_ref().map(Text::as_str), summary);
        assert_eq!(conclusion.outcome, outcome);
    }

    #[test]
    fn the_last_line_with_something_in_it_counts() {
        check(&["one", "two  ", " "], 0, Some("two"), None);
        check(&["so it is", "```"], 0, Some("so it is"), None);
        check(&[], 0, None, None);
    }

    #[test]
    fn exit_code_75_asks_to_come_back_later() {
        check(&["busy"], 75, Some("busy"), Some(Outcome::RateLimited));
    }
}
