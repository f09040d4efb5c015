//! Slack, and what understands its incoming webhooks.

use model::Timestamp;
use reqwest::header::HeaderMap;
use serde_json::json;

use crate::http::Http;
use crate::{Failure, Message, Receipt};

/// Slack cuts longer messages by itself, in the middle of a word.
const MOST: usize = 3000;

pub(crate) async fn send(
    http: &Http,
    url: &str,
    message: &Message,
    now: Timestamp,
) -> Result<Receipt, Failure> {
    http.post(url, HeaderMap::new(), body(message), now).await
}

fn body(message: &Message) -> String {
    json!({ "text": message.lines(MOST, escaped) }).to_string()
}

/// What Slack would read as a mention, such as `<!channel>`, or as a link.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_called_by_a_title() {
        assert_eq!(escaped("<!channel> & co"), "&lt;!channel&gt; &amp; co");
    }
}
