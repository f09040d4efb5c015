//! Tokens without a running server, for somebody who is locked out.

use anyhow::Context;
use clap::Subcommand;
use dashboard::Dashboard;
use dashboard::model::{Name, NewToken, PrincipalKind, Scope, Timestamp};

use crate::config::Config;
use crate::serve;

/// What to do about tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a token and print its secret, this once
    Create {
        /// Its name, in which it acts
        #[arg(long, default_value = "admin")]
        name: Name,
        /// What kind of caller holds it: human, agent or service
        #[arg(long, default_value = "human")]
        kind: PrincipalKind,
        /// What it may do: read, report, operate or admin; may be repeated
        #[arg(long = "scope", default_value = "admin")]
        scopes: Vec<Scope>,
        /// The only project that it may see, by slug or id
        #[arg(long)]
        project: Option<String>,
        /// When it ends by itself, such as 2030-01-01T00:00:00Z
        #[arg(long)]
        expires_at: Option<Timestamp>,
    },
}

/// Does what was said.
pub(crate) async fn obey(config: &Config, command: Command) -> anyhow::Result<()> {
    let Command::Create {
        name,
        kind,
        scopes,
        project,
        expires_at,
    } = command;
    let new = NewToken {
        name,
        kind: Some(kind),
        scopes,
        project,
        expires_at,
    };
    serve::make_data_directory(&config.data)?;
    let dashboard = serve::open(config, 0).await?;
    let made = create(&dashboard, &new).await;
    dashboard.shutdown().await;
    println!("{}", made?);
    Ok(())
}

async fn create(dashboard: &Dashboard, new: &NewToken) -> anyhow::Result<String> {
    let made = dashboard
        .client()
        .create_token(new)
        .await
        .context("cannot make the token")?;
    Ok(made.secret)
}
