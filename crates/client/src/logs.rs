//! Run logs: append, page, search, follow, take away whole.

use bytes::Bytes;
use http::header::RANGE;
use model::{LogAppended, LogFilter, LogLine, NewLogLine, RunId};

use crate::stream::{LogStream, StreamKind, Target};
use crate::{Client, Error};

/// Which part of a log to read.
pub type LogQuery = LogFilter;

impl Client {
    /// Keeps lines of a run, at most 1,000. Lines with a number that is there already are skipped.
    pub async fn append_logs(
        &self,
        run: RunId,
        lines: &[NewLogLine],
    ) -> Result<LogAppended, Error> {
        let mut body = Vec::with_capacity(lines.len() * 128);
        for line in lines {
            serde_json::to_writer(&mut body, line)
                .map_err(|cause| Error::BadRequest(cause.to_string()))?;
            body.push(b'\n');
        }
        let call = self.post(format!("api/runs/{run}/logs"));
        call.body("application/x-ndjson", Bytes::from(body))
            .answer()
            .await
    }

    /// Lines of a run, in their order: the last ones, or those before or after a number.
    pub async fn list_logs(&self, run: RunId, query: &LogQuery) -> Result<Vec<LogLine>, Error> {
        self.get(format!("api/runs/{run}/logs"))
            .query("before", query.before)
            .query("after", query.after)
            .query("limit", (query.limit > 0).then_some(query.limit))
            .query("step", query.step)
            .query_list("stream", &query.stream)
            .query("q", query.q.as_ref())
            .answer()
            .await
    }

    /// The whole log as text, from the byte `from` on.
    pub async fn get_raw_logs(&self, run: RunId, from: u64) -> Result<Bytes, Error> {
        let mut call = self.get(format!("api/runs/{run}/logs/raw"));
        if from > 0 {
            call = call.header(RANGE, &format!("bytes={from}-"));
        }
        Ok(call.whole().await?.1)
    }

    /// Follows a run's lines after the number `after`; from the first line when it is 0.
    #[must_use]
    pub fn stream_logs(&self, kind: StreamKind, run: RunId, after: i64) -> LogStream {
        let target = Target {
            sse: format!("api/runs/{run}/logs/stream"),
            websocket: format!("ws/runs/{run}/logs"),
            filters: Vec::new(),
            resume_by: "after",
        };
        LogStream::new(self.clone(), target, kind, Some(after))
    }
}
