//! What the product is about: types, states, moves, and the bodies that travel.
//!
//! Nothing here knows how anything is kept or sent: no database, no HTTP, no clock of its own but the one
//! that is passed in. Start with [`Ticket`], [`Task`], [`Run`] and [`Event`].

mod board;
mod comment;
mod event;
mod ids;
mod link;
mod llm_call;
mod log;
mod money;
mod moves;
mod page;
pub mod patch;
mod preferences;
mod principal;
mod problem;
mod project;
mod question;
mod run;
mod search;
mod session;
mod status;
mod step;
pub mod stream;
mod task;
mod task_order;
mod task_state;
mod text;
mod ticket;
mod time;
mod token;
mod totals;
mod user;
mod words;

pub use board::*;
pub use comment::*;
pub use event::*;
pub use ids::*;
pub use link::*;
pub use llm_call::*;
pub use log::*;
pub use money::*;
pub use moves::*;
pub use page::*;
pub use preferences::*;
pub use principal::*;
pub use problem::*;
pub use project::*;
pub use question::*;
pub use run::*;
pub use search::*;
pub use session::*;
pub use status::*;
pub use step::*;
pub use stream::Control;
pub use task::*;
pub use task_order::*;
pub use task_state::*;
pub use text::*;
pub use ticket::*;
pub use time::*;
pub use token::*;
pub use totals::*;
pub use user::*;
pub use words::UnknownWord;
