//! Server-sent events: the data of one event after the other, out of chunks cut anywhere.

use bytes::BytesMut;
use futures_util::StreamExt;

use crate::Error;
use crate::transport::Chunks;

/// No event of ours is longer; what is longer is no event of ours.
const MOST_BYTES: usize = 4 * 1024 * 1024;

pub(crate) struct Reader {
    chunks: Chunks,
    buffer: BytesMut,
    data: Option<String>,
}

impl Reader {
    pub(crate) fn new(chunks: Chunks) -> Self {
        Self {
            chunks,
            buffer: BytesMut::new(),
            data: None,
        }
    }

    /// The data of the next event; `None` when the server has closed the connection.
    pub(crate) async fn next(&mut self) -> Result<Option<String>, Error> {
        loop {
            while let Some(line) = self.line() {
                if let Some(event) = self.take(&line) {
                    return Ok(Some(event));
                }
            }
            if self.buffer.len() > MOST_BYTES {
                return Err(Error::BadRequest("the stream holds an endless line".into()));
            }
            match self.chunks.next().await {
                Some(chunk) => self.buffer.extend_from_slice(&chunk?),
                None => return Ok(None),
            }
        }
    }

    /// The next whole line, without its end.
    fn line(&mut self) -> Option<Vec<u8>> {
        let end = self.buffer.iter().position(|byte| *byte == b'\n')?;
        let mut line = self.buffer.split_to(end + 1);
        line.truncate(end);
        if line.last() == Some(&b'\r') {
            line.truncate(end - 1);
        }
        Some(line.to_vec())
    }

    /// Takes one line; gives the event's data when the line ends an event.
    fn take(&mut self, line: &[u8]) -> Option<String> {
        if line.is_empty() {
            return self.data.take();
        }
        // Only `data` matters: the number that `id` repeats is in the data.
        let value = line.strip_prefix(b"data:")?;
        let value = String::from_utf8_lossy(value.strip_prefix(b" ").unwrap_or(value));
        match &mut self.data {
            Some(data) => {
                data.push('\n');
                data.push_str(&value);
            }
            None => self.data = Some(value.into_owned()),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;

    async fn read(chunks: Vec<Bytes>) -> Vec<String> {
        let chunks = futures_util::stream::iter(chunks.into_iter().map(Ok));
        let mut reader = Reader::new(Box::pin(chunks));
        let mut events = Vec::new();
        while let Some(event) = reader.next().await.unwrap() {
            events.push(event);
        }
        events
    }

    #[tokio::test]
    async fn comments_and_ids_are_passed_over() {
        let text = ": hi\n\nid: 7\ndata: {\"a\":1}\n\ndata: b\r\ndata:c\r\n\r\n";
        assert_eq!(read(vec![Bytes::from(text)]).await, ["{\"a\":1}", "b\nc"]);
    }

    #[tokio::test]
    async fn an_event_that_was_cut_off_is_not_given() {
        assert_eq!(read(vec![Bytes::from("data: a\n\ndata: b\n")]).await, ["a"]);
    }

    proptest! {
        #[test]
        fn chunks_may_be_cut_anywhere(cuts in proptest::collection::vec(0usize..40, 0..10)) {
            let text = "id: 1\ndata: one\n\nid: 2\ndata: two ä\n\n".as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut < text.len()).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let chunks = cuts.windows(2).map(|w| Bytes::copy_from_slice(&text[w[0]..w[1]])).collect();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            prop_assert_eq!(runtime.block_on(read(chunks)), ["one", "two ä"]);
        }
    }
}
