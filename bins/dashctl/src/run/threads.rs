//! Threads that Codex resumes: it reports what the whole thread has used, so what was paid before must be known.

use std::collections::HashMap;
use std::ffi::OsString;

use client::Client;
use ingest::Decoder;
use model::{Name, Page, Tokens};

/// Threads by Codex' name for them, with what each has used so far.
pub(crate) type Threads = HashMap<Name, Tokens>;

/// What the server knows of threads, where the command looks as if it resumed one.
pub(super) async fn known(client: &Client, command: &[OsString]) -> Result<Threads, client::Error> {
    let mut threads = Threads::new();
    let resumes = |word: &OsString| *word == "resume";
    if !command.iter().any(resumes) {
        return Ok(threads);
    }
    let sessions = client.list_sessions(None, &Page::first(Page::MOST)).await?;
    for session in sessions.items {
        if session.agent.as_str() != "codex" {
            continue;
        }
        // A thread may have worked for several projects, which know it by a session each.
        let used = threads.entry(session.provider_session_id).or_default();
        *used = used.plus(Decoder::used(&session.totals));
    }
    Ok(threads)
}
