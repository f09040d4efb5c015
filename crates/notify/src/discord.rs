//! Discord's webhooks.

use reqwest::header::HeaderMap;
use serde_json::json;

use crate::http::Http;
use crate::{Failure, Message, Receipt};

/// Discord refuses longer messages.
const MOST: usize = 2000;

pub(crate) async fn send(http: &Http, url: &str, message: &Message) -> Result<Receipt, Failure> {
    // Nobody is called, whatever a title says.
    let body = json!({ "content": message.plain(MOST), "allowed_mentions": { "parse": [] } });
    http.post(url, HeaderMap::new(), body.to_string()).await
}
