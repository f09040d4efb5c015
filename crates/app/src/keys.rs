//! Keys: who holds which secret, remembered so that recognising a caller neither reads nor writes.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use auth::{Caller, Credential, SecretHash};
use model::{Event, LoginId, Principal, ProjectId, Timestamp, TokenId};
use serde_json::Value;
use tokio::sync::broadcast;

use crate::cache::{Before, Cache};

/// Revocations that a stream may be late to hear; one that is later is closed, and comes back.
const REMEMBERED: usize = 256;

/// What was taken away, for those who are following something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Revoked {
    /// A token.
    Token(TokenId),
    /// A login.
    Login(LoginId),
    /// All logins of somebody.
    LoginsOf(Principal),
    /// Everything that is restricted to a project.
    Project(ProjectId),
}

impl Revoked {
    /// Whether it takes this caller's right away.
    pub(crate) fn concerns(&self, caller: &Caller) -> bool {
        match self {
            Self::Token(id) => caller.credential == Credential::Token(*id),
            Self::Login(id) => caller.credential == Credential::Login(*id),
            Self::LoginsOf(principal) => {
                matches!(caller.credential, Credential::Login(_)) && caller.principal == *principal
            }
            Self::Project(id) => caller.project == Some(*id),
        }
    }
}

/// Callers by the hash of their secret.
#[derive(Debug)]
pub(crate) struct Keys {
    callers: Cache<SecretHash, Caller>,
    revocations: broadcast::Sender<Revoked>,
    /// When tokens were used, until it is written down.
    uses: Mutex<HashMap<TokenId, Timestamp>>,
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            callers: Cache::default(),
            revocations: broadcast::Sender::new(REMEMBERED),
            uses: Mutex::default(),
        }
    }
}

impl Keys {
    /// Who holds a secret, where that is remembered.
    pub(crate) fn get(&self, hash: &SecretHash) -> Result<Caller, Before> {
        self.callers.get(hash)
    }

    pub(crate) fn learn(&self, since: Before, hash: SecretHash, caller: Caller) {
        self.callers.learn(since, hash, caller);
    }

    /// Notes that a token was used. It is written down once a minute.
    pub(crate) fn note_use(&self, caller: &Caller, at: Timestamp) {
        if let Credential::Token(id) = caller.credential
            && caller.run.is_none()
        {
            self.uses().insert(id, at);
        }
    }

    /// The uses that were noted and are to be written down now.
    pub(crate) fn take_uses(&self) -> Vec<(TokenId, Timestamp)> {
        self.uses().drain().collect()
    }

    fn uses(&self) -> std::sync::MutexGuard<'_, HashMap<TokenId, Timestamp>> {
        self.uses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a right away: it is recognised no more, and what is followed by it ends.
    pub(crate) fn revoke(&self, revoked: Revoked) {
        self.callers.forget_where(|caller| revoked.concerns(caller));
        // Nobody follows anything: nobody must be told.
        let _ = self.revocations.send(revoked);
    }

    /// Tells what is taken away from now on.
    pub(crate) fn revocations(&self) -> broadcast::Receiver<Revoked> {
        self.revocations.subscribe()
    }

    pub(crate) fn forget_everything(&self) {
        self.callers.forget_everything();
    }

    /// Takes away what an event says was taken away, also by another process.
    pub(crate) fn hear(&self, event: &Event) {
        let id = |name: &str| {
            let text = event.details.as_ref()?.get(name).and_then(Value::as_str)?;
            text.parse::<uuid::Uuid>().ok()
        };
        let text = |name: &str| {
            let details = event.details.as_ref()?;
            details
                .get(name)
                .and_then(Value::as_str)?
                .parse::<Principal>()
                .ok()
        };
        match event.event_type.as_str() {
            "token_revoked" => {
                id("token_id")
                    .map(TokenId)
                    .into_iter()
                    .for_each(|id| self.revoke(Revoked::Token(id)));
                text("logins_of")
                    .into_iter()
                    .for_each(|who| self.revoke(Revoked::LoginsOf(who)));
            }
            "logged_out" => {
                id("login_id")
                    .map(LoginId)
                    .into_iter()
                    .for_each(|id| self.revoke(Revoked::Login(id)));
            }
            "user_updated" | "user_deleted" => {
                text("logins_of")
                    .into_iter()
                    .for_each(|who| self.revoke(Revoked::LoginsOf(who)));
            }
            "project_deleted" => {
                self.forget_everything();
                event
                    .project_id
                    .into_iter()
                    .for_each(|id| self.revoke(Revoked::Project(id)));
            }
            "ticket_deleted" | "task_deleted" => self.forget_everything(),
            _ => {}
        }
    }
}
