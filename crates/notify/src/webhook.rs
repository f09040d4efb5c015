//! Signed webhooks, as <https://www.standardwebhooks.com> describes them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use model::Timestamp;
use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::json;
use sha2::Sha256;

use crate::http::Http;
use crate::{Failure, Hope, Message, Receipt};

/// What a secret may begin with.
const PREFIX: &str = "whsec_";

pub(crate) async fn send(
    http: &Http,
    url: &str,
    secret: &str,
    message: &Message,
    now: Timestamp,
) -> Result<Receipt, Failure> {
    let body = body(message);
    let Some(headers) = key(secret).and_then(|key| headers(&key, message, now, &body)) else {
        return Err(Failure::unreached("the secret is not usable", Hope::None));
    };
    http.post(url, headers, body, now).await
}

/// The bytes of a secret: 24 to 64, in base64.
pub(crate) fn key(secret: &str) -> Option<Vec<u8>> {
    let key = STANDARD.decode(secret.strip_prefix(PREFIX).unwrap_or(secret));
    key.ok().filter(|key| (24..=64).contains(&key.len()))
}

/// The same for every attempt: of what may change since, nothing is in it.
fn body(message: &Message) -> String {
    let kind = message
        .event
        .as_ref()
        .map_or("channel_tested", |event| &event.event_type);
    json!({
        "type": kind,
        "timestamp": message.event.as_ref().map_or(message.at, |event| event.created_at),
        "data": {
            "occasion": message.occasion,
            "project": message.project,
            "url": message.link,
            "run_id": message.run,
            "event": message.event,
        },
    })
    .to_string()
}

fn headers(key: &[u8], message: &Message, now: Timestamp, body: &str) -> Option<HeaderMap> {
    let id = format!("msg_{}", message.id.0.simple());
    let seconds = (now.micros() / 1_000_000).to_string();
    let signature = signature(key, &id, &seconds, body)?;
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("webhook-id", id),
        ("webhook-timestamp", seconds),
        ("webhook-signature", signature),
    ] {
        headers.insert(name, HeaderValue::from_str(&value).ok()?);
    }
    Some(headers)
}

fn signature(key: &[u8], id: &str, seconds: &str, body: &str) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(format!("{id}.{seconds}.{body}").as_bytes());
    Some(format!(
        "v1,{}",
        STANDARD.encode(mac.finalize().into_bytes())
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    #[test]
    fn the_signature_is_the_one_that_others_expect() {
        let key = key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let made = signature(
            &key,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(
            made.unwrap(),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn a_short_secret_is_none() {
        assert_eq!(key("whsec_c2hvcnQ="), None);
        assert_eq!(key("whsec_!"), None);
    }
}
