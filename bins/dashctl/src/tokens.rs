//! `dashctl tokens`: what machines call with.

use clap::{Args, Subcommand};
use client::{Client, List};
use model::{Name, NewToken, PrincipalKind, Scope, Timestamp, Token};

use crate::cli::Global;
use crate::connect::connect;
use crate::find;
use crate::print::{Cell, Printer, ask};

#[derive(Debug, Subcommand)]
pub(crate) enum Tokens {
    /// List tokens, without their secrets
    #[command(visible_alias = "ls")]
    List,
    /// Make a token; its secret is printed this once
    Create(Create),
    /// Revoke a token
    #[command(visible_alias = "delete")]
    Revoke {
        /// Its id, or a part of it
        #[arg(id = "which", value_name = "TOKEN")]
        token: String,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Create {
    /// Its name, in which it acts
    name: Name,
    /// What it may do: read, report, operate, admin; separated by commas
    #[arg(
        short,
        long,
        alias = "scope",
        value_delimiter = ',',
        default_value = "report"
    )]
    scopes: Vec<Scope>,
    /// What kind of caller holds it: human, agent or service
    #[arg(short, long)]
    kind: Option<PrincipalKind>,
    /// The only project that it may see and change
    #[arg(short, long)]
    project: Option<String>,
    /// When it ends by itself
    #[arg(long, value_name = "TIME", conflicts_with = "expires_in_days")]
    expires_at: Option<Timestamp>,
    /// After how many days it ends by itself
    #[arg(long, value_name = "DAYS")]
    expires_in_days: Option<i64>,
}

pub(crate) async fn obey(
    global: &Global,
    printer: &Printer,
    command: Tokens,
) -> anyhow::Result<()> {
    let client = connect(global)?;
    match command {
        Tokens::List => list(&client, printer).await,
        Tokens::Create(create) => make(&client, printer, create).await,
        Tokens::Revoke { token, yes } => {
            let token = find::token(&client, &token).await?;
            let question = format!(
                "Revoke the token “{}”? Whoever calls with it is refused from then on.",
                token.name
            );
            ask(&question, yes)?;
            client.delete_token(token.id).await?;
            printer.say(&format!("Revoked {}.", token.id));
            Ok(())
        }
    }
}

async fn list(client: &Client, printer: &Printer) -> anyhow::Result<()> {
    let tokens = client.list_tokens(&List::first(List::MOST)).await?.items;
    let headings = [
        "ID",
        "NAME",
        "KIND",
        "SCOPES",
        "PREFIX",
        "CREATED",
        "LAST USED",
        "ENDS",
    ];
    let cells = |token: &Token| {
        let ends = match (token.revoked_at, token.expires_at) {
            (Some(_), _) => "revoked".to_owned(),
            (None, Some(at)) => at.to_string(),
            (None, None) => String::new(),
        };
        vec![
            Cell::text(token.id),
            Cell::text(&token.name),
            Cell::text(token.kind),
            Cell::text(scopes(&token.scopes)),
            Cell::text(&token.prefix),
            Cell::ago(token.created_at),
            token.last_used_at.map_or_else(|| Cell::text(""), Cell::ago),
            Cell::text(ends),
        ]
    };
    printer.list(&tokens, &headings, cells, "No tokens yet.")
}

fn scopes(scopes: &[Scope]) -> String {
    scopes
        .iter()
        .map(|scope| scope.as_str())
        .collect::<Vec<_>>()
        .join(",")
}

async fn make(client: &Client, printer: &Printer, create: Create) -> anyhow::Result<()> {
    let days = create.expires_in_days;
    let expires_at = create
        .expires_at
        .or_else(|| days.map(|days| Timestamp::now().plus_seconds(days.saturating_mul(86_400))));
    let new = NewToken {
        name: create.name,
        kind: create.kind,
        scopes: create.scopes,
        project: create.project,
        expires_at,
    };
    let created = client.create_token(&new).await?;
    let fields = vec![
        ("Id", Cell::text(created.token.id)),
        ("Scopes", Cell::text(scopes(&created.token.scopes))),
        ("Ends", Cell::maybe(created.token.expires_at)),
        ("Secret", Cell::text(&created.secret)),
    ];
    printer.one(&created, fields)
}
