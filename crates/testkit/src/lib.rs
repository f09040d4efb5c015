//! For tests only: every engine, a clock that is moved by hand, makers of things to test with, and servers that take
//! webhooks and mail.
//!
//! Start with [`every_engine!`].

mod engines;
mod hooks;
mod mailbox;
pub mod makers;

pub use engines::{Place, run};
pub use hooks::{Hook, Hooks};
pub use mailbox::{Letter, Mailbox, Refusals};
