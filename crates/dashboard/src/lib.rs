//! The whole dashboard as a library: open it, mount its router, talk to it in the same process.
//!
//! ```no_run
//! # async fn embed() -> Result<(), Box<dyn std::error::Error>> {
//! let dashboard = dashboard::Dashboard::builder().sqlite("agent.db").base_path("/x/").build().await?;
//! let router = axum::Router::new().merge(dashboard.router());
//! let status = dashboard.client().get_status().await?;
//! dashboard.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! This crate only joins the layers. Start with [`Dashboard`]; `examples/` has an agent that embeds it.

mod builder;
mod dashboard;
mod error;
mod in_process;
mod restore;

pub use api::{Limits, Settings};
pub use app::FirstStart;
pub use auth::{Caller, Credential, Scopes, Secret};
pub use builder::Builder;
pub use client;
pub use dashboard::{Dashboard, Handle};
pub use error::Error;
pub use model;
pub use restore::restore;
