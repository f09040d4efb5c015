//! Idempotency keys: a change that is sent again is not made again, and gets the first answer.
//!
//! The key is kept in the same unit of work as the change, with the answer as far as the unit knows it: also a kill
//! between the change and its answer leaves no doubt. While one request with a key is under way, others with the same
//! key wait.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use auth::Caller;
use bytes::Bytes;
use model::{Principal, Timestamp};
use serde::Serialize;
use store::Tx;
use store::idempotency::{self, KeyUse};

use crate::{App, Error};

/// How long a key is kept, in seconds.
pub(crate) const KEPT_SECONDS: i64 = 24 * 3600;

/// An answer to a request that named a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: Bytes,
    /// Whether the body holds a secret, so that it must not be kept.
    pub secret: bool,
}

tokio::task_local! {
    /// The key of the request that is being carried out.
    static CURRENT: Arc<Request>;
}

#[derive(Debug)]
struct Request {
    principal: Principal,
    key: String,
    hash: [u8; 32],
    /// Whether a unit of work has taken the key.
    taken: AtomicBool,
}

impl App {
    /// Carries out what was asked under a key, once. Failures are not kept: what failed may be tried again.
    pub async fn idempotent(
        &self,
        caller: &Caller,
        key: &str,
        request_hash: [u8; 32],
        work: impl Future<Output = Answer>,
    ) -> Result<Answer, Error> {
        let principal = caller.principal.clone();
        let flight = self.flights().of(&principal, key);
        let _first = flight.lock().await;
        if let Some(answer) = self.earlier(&principal, key, request_hash).await? {
            return Ok(answer);
        }
        let request = Request {
            principal,
            key: key.to_owned(),
            hash: request_hash,
            taken: AtomicBool::new(false),
        };
        let request = Arc::new(request);
        let answer = CURRENT.scope(Arc::clone(&request), work).await;
        if answer.status < 400 {
            self.remember(&request, &answer).await?;
            return Ok(answer);
        }
        // Another process may have been quicker: its answer is the first one.
        Ok(self
            .earlier(&request.principal, key, request_hash)
            .await?
            .unwrap_or(answer))
    }

    async fn earlier(
        &self,
        who: &Principal,
        key: &str,
        hash: [u8; 32],
    ) -> Result<Option<Answer>, Error> {
        let Some(used) = idempotency::get(&mut self.read().await?, who, key).await? else {
            return Ok(None);
        };
        if used.request_hash != hash {
            return Err(Error::invalid(
                "Idempotency-Key",
                "was used for another request",
            ));
        }
        let Some(answer) = used.answer else {
            let refused = "this was done; its answer held a secret and is not given again";
            return Err(Error::AlreadyExists(refused.to_owned()));
        };
        let status = u16::try_from(answer.status).unwrap_or(200);
        Ok(Some(Answer {
            status,
            body: answer.body.into(),
            secret: false,
        }))
    }

    /// Keeps the answer as it was given.
    async fn remember(&self, request: &Arc<Request>, answer: &Answer) -> Result<(), Error> {
        let taken = request.taken.load(Ordering::SeqCst);
        if taken && answer.secret {
            return Ok(());
        }
        let (request, at) = (Arc::clone(request), self.clock().now());
        let kept = (!answer.secret).then(|| kept(answer.status, answer.body.to_vec()));
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    match kept {
                        Some(answer) if taken => {
                            idempotency::set_answer(tx, &request.principal, &request.key, &answer)
                                .await
                        }
                        answer => idempotency::take(tx, &request.used(answer, at))
                            .await
                            .map(drop),
                    }
                })
            })
            .await
            .map_err(|error: store::Error| error.into())
    }
}

fn kept(status: u16, body: Vec<u8>) -> idempotency::Answer {
    let content_type = Some("application/json".to_owned());
    idempotency::Answer {
        status: status.into(),
        content_type,
        body,
    }
}

impl Request {
    fn used(&self, answer: Option<idempotency::Answer>, at: Timestamp) -> KeyUse {
        KeyUse {
            principal: self.principal.clone(),
            key: self.key.clone(),
            request_hash: self.hash.to_vec(),
            answer,
            created_at: at,
        }
    }
}

/// Whether what is being carried out named a key: then it takes the way on which the key is kept with it.
pub(crate) fn is_wanted() -> bool {
    CURRENT.try_with(|_| ()).is_ok()
}

/// What a unit of work keeps for its request's key.
pub(crate) struct Keep<T> {
    request: Option<Arc<Request>>,
    /// The body of the answer.
    body: fn(&T) -> Option<Vec<u8>>,
}

impl<T: Serialize> Keep<T> {
    /// The value that the unit answers.
    pub(crate) fn of_value() -> Self {
        Self {
            request: current(),
            body: |value| serde_json::to_vec(value).ok(),
        }
    }
}

impl<T> Keep<T> {
    /// Only that it was done.
    pub(crate) fn nothing() -> Self {
        Self {
            request: current(),
            body: |_| None,
        }
    }

    /// What is to be kept once the unit has its value.
    pub(crate) fn prepare(self, value: &T) -> Record {
        let answer = self.request.as_ref().and_then(|_| (self.body)(value));
        Record {
            request: self.request,
            answer: answer.map(|body| kept(200, body)),
        }
    }
}

/// The key of a request, with the answer where it may be kept.
pub(crate) struct Record {
    request: Option<Arc<Request>>,
    answer: Option<idempotency::Answer>,
}

impl Record {
    /// Takes the key in the unit of work.
    pub(crate) async fn keep(self, tx: &mut Tx, at: Timestamp) -> Result<(), Error> {
        let Some(request) = self.request else {
            return Ok(());
        };
        // A request with several units keeps its key with the first.
        if request.taken.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        let answer = self.answer;
        if idempotency::take(tx, &request.used(answer, at)).await? {
            return Ok(());
        }
        Err(Error::AlreadyExists(
            "the same request is being carried out".to_owned(),
        ))
    }
}

fn current() -> Option<Arc<Request>> {
    CURRENT.try_with(Arc::clone).ok()
}

/// Requests with a key that are under way.
#[derive(Debug, Default)]
pub(crate) struct Flights {
    under_way: Mutex<HashMap<(Principal, String), Weak<Flight>>>,
}

/// Whoever holds it is carrying the request out.
type Flight = tokio::sync::Mutex<()>;

/// Keys that are no longer under way are forgotten when there are so many.
const MANY: usize = 1000;

impl Flights {
    fn of(&self, who: &Principal, key: &str) -> Arc<Flight> {
        let mut under_way = self
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if under_way.len() >= MANY {
            under_way.retain(|_, flight| flight.strong_count() > 0);
        }
        let place = under_way.entry((who.clone(), key.to_owned())).or_default();
        place.upgrade().unwrap_or_else(|| {
            let flight = Arc::default();
            *place = Arc::downgrade(&flight);
            flight
        })
    }
}
