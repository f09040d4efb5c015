//! `dashctl contexts`: the servers that somebody talks to.

use clap::Subcommand;
use serde_json::json;

use crate::config::Config;
use crate::exit::Refused;
use crate::print::{Cell, Printer};

#[derive(Debug, Subcommand)]
pub(crate) enum Contexts {
    /// List the contexts
    List,
    /// Make a context the current one
    Use {
        /// Its name
        name: String,
    },
    /// Forget a context with its token
    Delete {
        /// Its name
        name: String,
    },
}

pub(crate) fn obey(printer: &Printer, command: Contexts) -> anyhow::Result<()> {
    match command {
        Contexts::List => list(printer),
        Contexts::Use { name } => choose(name),
        Contexts::Delete { name } => delete(&name),
    }
}

fn list(printer: &Printer) -> anyhow::Result<()> {
    let config = Config::load()?;
    let rows: Vec<_> = config
        .contexts
        .iter()
        .map(|(name, context)| {
            let current = config.current.as_ref() == Some(name);
            json!({"name": name, "server": context.server, "has_token": context.token.is_some(), "current": current})
        })
        .collect();
    printer.list(
        &rows,
        &["", "NAME", "SERVER", "TOKEN"],
        |row| {
            vec![
                Cell::text(if row["current"] == true { "*" } else { "" }),
                Cell::text(row["name"].as_str().unwrap_or_default()),
                Cell::text(row["server"].as_str().unwrap_or_default()),
                Cell::text(if row["has_token"] == true {
                    "yes"
                } else {
                    "no"
                }),
            ]
        },
        "No contexts yet. `dashctl login` makes one.",
    )
}

fn choose(name: String) -> anyhow::Result<()> {
    let mut config = Config::load()?;
    config.context(Some(&name))?;
    config.current = Some(name);
    config.save()
}

fn delete(name: &str) -> anyhow::Result<()> {
    let mut config = Config::load()?;
    if config.contexts.remove(name).is_none() {
        return Err(Refused::not_found(format!("there is no context `{name}`")));
    }
    config.current = config.current.filter(|current| current != name);
    config.save()
}
