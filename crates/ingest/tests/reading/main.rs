//! What the decoder makes of genuine recordings, and of everything else.

// Helpers of tests may panic as tests do.
#![allow(clippy::unwrap_used)]

extern crate dashboard_ingest as ingest;

mod anything;
mod claude;
mod codex;
mod detect;
mod facts;
mod parts;
mod recordings;
