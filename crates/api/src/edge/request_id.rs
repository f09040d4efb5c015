//! Request ids: the caller's own where it is a sane one, else a new one.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, HeaderName, HeaderValue};

pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Names one request in answers and logs.
pub(super) struct RequestId(String);

impl RequestId {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        match headers.get(HEADER).and_then(|given| given.to_str().ok()) {
            Some(given) if is_sane(given) => Self(given.to_owned()),
            _ => Self::new(),
        }
    }

    /// Random for this process, then counted: unique, and without a system call for each request.
    fn new() -> Self {
        static PROCESS: OnceLock<String> = OnceLock::new();
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let process = PROCESS.get_or_init(|| format!("{:08x}", uuid::Uuid::new_v4().as_fields().0));
        Self(format!(
            "{process}-{:x}",
            NEXT.fetch_add(1, Ordering::Relaxed)
        ))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn into_header(self) -> HeaderValue {
        HeaderValue::from_maybe_shared(bytes::Bytes::from(self.0))
            .unwrap_or(HeaderValue::from_static("?"))
    }
}

fn is_sane(id: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    (1..=64).contains(&id.len()) && id.bytes().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(given: &'static str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_static(given));
        RequestId::of(&headers).0
    }

    #[test]
    fn a_sane_id_is_kept_and_another_is_replaced() {
        assert_eq!(of("trace-1.2:3"), "trace-1.2:3");
        assert_ne!(of("a b"), "a b");
        assert_ne!(of(""), "");
    }

    #[test]
    fn new_ids_differ() {
        assert_ne!(RequestId::new().0, RequestId::new().0);
    }
}
