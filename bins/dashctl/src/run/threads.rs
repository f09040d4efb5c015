//! Threads that Codex resumes: it reports what the whole thread has used, so what was paid before must be known.

use std::collections::HashSet;
use std::time::Duration;

use client::Client;
use ingest::Decoder;
use model::{Name, Page, Tokens};
use runner::Notices;
use tokio::time::timeout;

/// No longer wait for the server: the command's output waits meanwhile.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the server knows of threads. A thread is asked for once, when the agent first names it: whether it is resumed
/// cannot be seen from outside where a script calls the agent.
pub(crate) struct Threads {
    client: Option<Client>,
    notices: Notices,
    met: HashSet<Name>,
}

impl Threads {
    /// As the server knows them; none, where it is away.
    pub(crate) fn new(client: Option<Client>, notices: Notices) -> Self {
        Self {
            client,
            notices,
            met: HashSet::new(),
        }
    }

    /// What a thread had used when this run first heard of it.
    pub(super) fn used_before(&mut self, thread: &Name) -> Option<Tokens> {
        if !self.met.insert(thread.clone()) {
            return None;
        }
        let client = self.client.as_ref()?;
        let asking = timeout(PATIENCE, used(client, thread));
        // An agent's lines are read one after the other, and the next one counts from here.
        let known =
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(asking));
        if let Ok(Ok(used)) = known {
            return used;
        }
        self.notices.say(
            "earlier sessions cannot be read: what a resumed thread used before may count again",
        );
        None
    }
}

/// A thread may have worked for several projects, which know it by a session each.
async fn used(client: &Client, thread: &Name) -> Result<Option<Tokens>, client::Error> {
    let sessions = client.list_sessions(None, &Page::first(Page::MOST)).await?;
    let same = sessions.items.into_iter().filter(|session| {
        session.agent.as_str() == "codex" && session.provider_session_id == *thread
    });
    Ok(same
        .map(|session| Decoder::used(&session.totals))
        .reduce(Tokens::plus))
}
