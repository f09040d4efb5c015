//! Telegram's bot API.

use model::Timestamp;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::http::{Http, bounded};
use crate::{Failure, Hope, Message, Receipt};

/// Where the bot API is, unless a server of one's own is named.
const BASE: &str = "https://api.telegram.org";
/// Telegram refuses longer messages.
const MOST: usize = 4096;

/// A chat, and the bot that writes there.
pub(crate) struct Chat<'target> {
    pub(crate) bot_token: &'target str,
    pub(crate) chat_id: &'target str,
    pub(crate) thread_id: Option<i64>,
    pub(crate) base_url: Option<&'target str>,
}

pub(crate) async fn send(
    http: &Http,
    chat: Chat<'_>,
    message: &Message,
    now: Timestamp,
) -> Result<Receipt, Failure> {
    let base = chat.base_url.unwrap_or(BASE).trim_end_matches('/');
    let url = format!("{base}/bot{}/sendMessage", chat.bot_token);
    let mut body = json!({ "chat_id": chat.chat_id, "text": message.plain(MOST) });
    if let Some(thread) = chat.thread_id {
        body["message_thread_id"] = thread.into();
    }
    let sent = http
        .post(&url, HeaderMap::new(), body.to_string(), now)
        .await;
    sent.map(|receipt| Receipt {
        answer: "ok".to_owned(),
        ..receipt
    })
    .map_err(told)
}

/// Telegram says in the body what went wrong and how long to wait.
fn told(failure: Failure) -> Failure {
    let Ok(said) = serde_json::from_str::<Value>(&failure.answer) else {
        return failure;
    };
    let wait = said["parameters"]["retry_after"].as_f64().and_then(bounded);
    let description = said["description"].as_str().map(str::to_owned);
    Failure {
        hope: wait.map_or(failure.hope, Hope::After),
        answer: description.unwrap_or(failure.answer),
        ..failure
    }
}
