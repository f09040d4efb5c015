//! Frames: what travels, with its one text.

use std::sync::{Arc, OnceLock};

use axum::extract::ws::Utf8Bytes;

use crate::Topic;

/// An event or a log line on its way to subscribers. All of them get the same bytes.
#[derive(Debug)]
pub struct Frame<T: Topic> {
    number: i64,
    item: Arc<T::Item>,
    /// Made when the first subscriber wants it: where nobody listens, nothing is written.
    json: OnceLock<Utf8Bytes>,
}

impl<T: Topic> Frame<T> {
    pub(crate) fn new(item: Arc<T::Item>) -> Self {
        Self {
            number: T::number(&item),
            item,
            json: OnceLock::new(),
        }
    }

    /// Its place: the event's `seq`, or the line's number.
    #[must_use]
    pub fn number(&self) -> i64 {
        self.number
    }

    /// What it carries.
    #[must_use]
    pub fn item(&self) -> &T::Item {
        &self.item
    }

    /// Its text, written once for all subscribers.
    #[must_use]
    pub fn json(&self) -> Utf8Bytes {
        let write = || {
            let mut text = serde_json::to_string(&*self.item)
                .expect("events and log lines always have a JSON form");
            text.shrink_to_fit();
            Utf8Bytes::from(text)
        };
        self.json.get_or_init(write).clone()
    }

    /// About how many bytes it occupies, with its text.
    pub(crate) fn weight(&self) -> usize {
        2 * T::weight(&self.item)
    }
}
