//! Discord's webhooks.

use model::Timestamp;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::http::{Http, bounded};
use crate::{Failure, Hope, Message, Receipt};

/// Discord refuses longer messages.
const MOST: usize = 2000;

pub(crate) async fn send(
    http: &Http,
    url: &str,
    message: &Message,
    now: Timestamp,
) -> Result<Receipt, Failure> {
    // Nobody is called, whatever a title says.
    let body = json!({ "content": message.plain(MOST), "allowed_mentions": { "parse": [] } });
    let sent = http.post(url, HeaderMap::new(), body.to_string(), now);
    sent.await.map_err(told)
}

/// Discord says in the body how long to wait, to fractions of a second.
fn told(failure: Failure) -> Failure {
    if failure.status != Some(429) {
        return failure;
    }
    let said: Value = serde_json::from_str(&failure.answer).unwrap_or_default();
    let wait = said["retry_after"].as_f64().and_then(bounded);
    Failure {
        hope: wait.map_or(failure.hope, Hope::After),
        ..failure
    }
}
