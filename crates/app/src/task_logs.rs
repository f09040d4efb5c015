//! The log of a task: the end of what its last attempt printed, for who has the task and not its runs.

use auth::Caller;
use model::{LogFilter, RunId, TaskId, TaskLog};
use store::{Read, logs, runs};

use crate::logs::joined;
use crate::{App, Error, tasks};

/// The most that is given at once, in bytes.
pub(crate) const MOST_BYTES: i64 = 2_000_000;

/// Lines that are read at once.
const CHUNK: i64 = 1000;

impl App {
    /// The end of what the last attempt at a task printed, so many bytes of it; the most that is given when absent.
    pub async fn get_task_log(
        &self,
        caller: &Caller,
        id: TaskId,
        tail: Option<i64>,
    ) -> Result<TaskLog, Error> {
        let tail = tail.unwrap_or(MOST_BYTES);
        if !(1..=MOST_BYTES).contains(&tail) {
            let detail = format!("must be from 1 to {MOST_BYTES}");
            return Err(Error::invalid("tail", detail));
        }
        let mut read = self.read().await?;
        tasks::visible(&mut read, caller, id).await?;
        let Some(run) = runs::last_attempt(&mut read, id).await? else {
            return Ok(none());
        };
        let (last_line, size_bytes) = logs::extent(&mut read, run.id).await?.unwrap_or_default();
        let (content, truncated) = end_of(
            &mut read,
            run.id,
            last_line,
            usize::try_from(tail).unwrap_or(0),
        )
        .await?;
        Ok(TaskLog {
            run_id: Some(run.id),
            path: Some(format!("/api/runs/{}/logs/raw", run.id)),
            exists: true,
            size_bytes,
            content,
            truncated,
        })
    }
}

const fn none() -> TaskLog {
    TaskLog {
        run_id: None,
        path: None,
        exists: false,
        size_bytes: 0,
        content: String::new(),
        truncated: false,
    }
}

/// The last bytes of a log up to a line, and whether something stands before them.
async fn end_of(
    read: &mut Read,
    run: RunId,
    last_line: i64,
    most: usize,
) -> Result<(String, bool), Error> {
    let (mut pieces, mut length, mut before) = (Vec::new(), 0, last_line + 1);
    while length <= most && before > 1 {
        let chunk = LogFilter {
            before: Some(before),
            limit: CHUNK,
            ..LogFilter::default()
        };
        let lines = logs::page(read, run, &chunk).await?;
        let Some(first) = lines.first().map(|line| line.line) else {
            break;
        };
        before = first;
        let text = joined(lines);
        length += text.len();
        pieces.push(text);
    }
    let whole: Vec<u8> = pieces.into_iter().rev().flatten().collect();
    let cut = cut_at(&whole, most);
    let content = String::from_utf8_lossy(&whole[cut..]).into_owned();
    Ok((content, cut > 0 || before > 1))
}

/// Where the last bytes of a text begin: with a line, where one begins among them.
fn cut_at(text: &[u8], most: usize) -> usize {
    let at = text.len().saturating_sub(most);
    if at == 0 || text[at - 1] == b'\n' {
        return at;
    }
    let next = text[at..].iter().position(|byte| *byte == b'\n');
    match next {
        Some(end) if at + end + 1 < text.len() => at + end + 1,
        // One line is longer than what was asked for: its end, from a whole character on.
        _ => (at..text.len())
            .find(|at| text[*at] & 0b1100_0000 != 0b1000_0000)
            .unwrap_or(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_text_begins_with_a_line_where_it_can() {
        let of = |text: &'static str, most| &text[cut_at(text.as_bytes(), most)..];
        assert_eq!(of("one\ntwo\n", 100), "one\ntwo\n");
        assert_eq!(of("one\ntwo\n", 4), "two\n");
        assert_eq!(of("one\ntwo\n", 6), "two\n");
        assert_eq!(of("a long line\n", 5), "line\n");
        assert_eq!(of("äöü\n", 4), "ü\n");
    }
}
