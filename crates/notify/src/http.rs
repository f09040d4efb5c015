//! HTTP out: one request, to a checked address, without following anybody elsewhere.

use std::sync::OnceLock;
use std::time::{Duration, UNIX_EPOCH};

use model::Timestamp;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use url::Url;

use crate::address::{NotFound, Reach};
use crate::outcome::{Failure, Hope, Receipt};

/// So long a whole exchange may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// So much of an answer is read.
const MOST_READ: usize = 4096;
/// Nobody is waited for longer, whatever they ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// Sends requests, only where it may.
#[derive(Debug)]
pub(crate) struct Http {
    reach: Reach,
    client: OnceLock<reqwest::Client>,
}

/// Resolves names to addresses that were checked; the connection goes to one of these.
#[derive(Debug)]
struct Checked(Reach);

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found = reach.resolve(name.as_str(), 0).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

impl Http {
    pub(crate) fn new(reach: Reach) -> Self {
        Self {
            reach,
            client: OnceLock::new(),
        }
    }

    /// Posts a body of JSON.
    pub(crate) async fn post(
        &self,
        url: &str,
        headers: HeaderMap,
        body: String,
        now: Timestamp,
    ) -> Result<Receipt, Failure> {
        let never =
            |error: &dyn std::fmt::Display| Failure::unreached(error.to_string(), Hope::None);
        let url = Url::parse(url).map_err(|error| never(&error))?;
        // An address that is written out is connected to without being resolved.
        if let Some(host) = url.host() {
            self.reach
                .check_host(&host)
                .map_err(|error| never(&error))?;
        }
        let client = self.client().map_err(|error| unreached(&error))?;
        let request = client
            .post(url)
            .header("content-type", "application/json")
            .headers(headers)
            .body(body);
        let response = request.send().await.map_err(|error| unreached(&error))?;
        judge(response, now).await
    }

    fn client(&self) -> Result<&reqwest::Client, reqwest::Error> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        choose_crypto();
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .connect_timeout(PATIENCE / 2)
            // A redirect would lead where nobody checked, and a proxy resolves names by itself.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .dns_resolver(std::sync::Arc::new(Checked(self.reach)))
            // Messages are rare, and a connection that is kept was checked long ago.
            .pool_max_idle_per_host(0)
            .user_agent(concat!("dashboardd/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(self.client.get_or_init(|| client))
    }
}

/// One provider of cryptography for the whole process.
pub(crate) fn choose_crypto() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Where another thread was faster, its choice is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

/// Why nobody answered, without the address, which may be a secret.
fn unreached(error: &reqwest::Error) -> Failure {
    let mut causes = std::iter::successors(Some(error as &dyn std::error::Error), |it| it.source());
    let not_found = causes.clone().find_map(|it| it.downcast_ref::<NotFound>());
    if let Some(not_found) = not_found {
        let hope = match not_found {
            NotFound::Refused(_) => Hope::None,
            NotFound::Unknown(_) => Hope::Later,
        };
        return Failure::unreached(not_found.to_string(), hope);
    }
    if error.is_timeout() {
        let answer = format!("no answer within {} seconds", PATIENCE.as_secs());
        return Failure::unreached(answer, Hope::Later);
    }
    // The first one names the address; the last one says what went wrong.
    let last = causes.by_ref().skip(1).last();
    let answer = last.map_or_else(|| "cannot be reached".to_owned(), ToString::to_string);
    Failure::unreached(answer, Hope::Later)
}

async fn judge(mut response: reqwest::Response, now: Timestamp) -> Result<Receipt, Failure> {
    let status = response.status();
    let wait = wait_asked_for(response.headers(), now);
    let mut read = Vec::new();
    while read.len() < MOST_READ
        && let Ok(Some(chunk)) = response.chunk().await
    {
        read.extend_from_slice(&chunk);
    }
    read.truncate(MOST_READ);
    let answer = String::from_utf8_lossy(&read).trim().to_owned();
    if status.is_success() {
        return Ok(Receipt {
            status: Some(status.as_u16()),
            answer,
        });
    }
    let answer = match (status.is_redirection(), answer.is_empty()) {
        (true, _) => "it leads elsewhere, and redirects are not followed".to_owned(),
        (false, true) => status.to_string(),
        (false, false) => answer,
    };
    Err(Failure {
        status: Some(status.as_u16()),
        answer,
        hope: hope(status.as_u16(), wait),
        reached: Vec::new(),
    })
}

/// Some say for how long, others until when.
fn wait_asked_for(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let asked = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = asked.parse() {
        return bounded(seconds);
    }
    let until = httpdate::parse_http_date(asked).ok()?;
    let now = Duration::from_micros(now.micros().try_into().ok()?);
    let wait = until.duration_since(UNIX_EPOCH + now).ok()?;
    bounded(wait.as_secs_f64())
}

/// Seconds that somebody asks to wait, within reason.
pub(crate) fn bounded(seconds: f64) -> Option<Duration> {
    let asked = Duration::try_from_secs_f64(seconds).ok()?;
    Some(asked.min(LONGEST_WAIT))
}

fn hope(status: u16, wait: Option<Duration>) -> Hope {
    match (status, wait) {
        (429 | 503, Some(wait)) => Hope::After(wait),
        // What was asked for is wrong, and stays wrong until a person changes the channel.
        (300..=399 | 400..=404 | 405 | 410 | 413 | 415 | 422, _) => Hope::None,
        _ => Hope::Later,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whether_to_try_again_is_read_off_the_status() {
        let wait = Some(Duration::from_secs(7));
        for (status, wait, expected) in [
            (500, None, Hope::Later),
            (408, None, Hope::Later),
            (429, None, Hope::Later),
            (429, wait, Hope::After(Duration::from_secs(7))),
            (503, wait, Hope::After(Duration::from_secs(7))),
            (404, None, Hope::None),
            (302, None, Hope::None),
        ] {
            assert_eq!(hope(status, wait), expected, "{status}");
        }
    }

    #[test]
    fn nobody_is_waited_for_longer_than_an_hour() {
        assert_eq!(bounded(0.5), Some(Duration::from_millis(500)));
        assert_eq!(bounded(1e12), Some(LONGEST_WAIT));
        assert_eq!(bounded(-1.0), None);
    }
}
