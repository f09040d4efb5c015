//! `dashctl users`: people who log in with a password.

use std::io::BufRead;

use clap::{Args, Subcommand};
use client::{Client, List};
use model::{Name, NewUser, Password, Scope, User, UserPatch};

use crate::cli::Global;
use crate::connect::connect;
use crate::exit::Refused;
use crate::print::{Cell, Printer, ask};

#[derive(Debug, Subcommand)]
pub(crate) enum Users {
    /// List users
    #[command(visible_alias = "ls")]
    List,
    /// Make a user; the password is the first line of standard input
    Create(Create),
    /// Edit a user
    Update(Update),
    /// Delete a user and end the person's logins
    Delete {
        /// The name
        name: Name,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The name to log in with
    name: Name,
    /// What this person may do: read, report, operate, admin; separated by commas
    #[arg(short, long, value_delimiter = ',')]
    scopes: Option<Vec<Scope>>,
}

#[derive(Debug, Args)]
pub(crate) struct Update {
    /// The name
    name: Name,
    /// What this person may do: read, report, operate, admin; separated by commas
    #[arg(short, long, value_delimiter = ',')]
    scopes: Option<Vec<Scope>>,
    /// Whether the person may not log in
    #[arg(long)]
    disabled: Option<bool>,
    /// Read a new password from the first line of standard input
    #[arg(long)]
    password: bool,
}

pub(crate) async fn obey(global: &Global, printer: &Printer, command: Users) -> anyhow::Result<()> {
    let client = connect(global)?;
    match command {
        Users::List => list(&client, printer).await,
        Users::Create(create) => {
            let password = read_password()?;
            let new = NewUser {
                name: create.name,
                password,
                scopes: create.scopes,
            };
            show(printer, &client.create_user(&new).await?)
        }
        Users::Update(update) => edit(&client, printer, update).await,
        Users::Delete { name, yes } => {
            let user = find(&client, &name).await?;
            ask(&format!("Delete user `{name}`?"), yes)?;
            Ok(client.delete_user(user.id).await?)
        }
    }
}

async fn list(client: &Client, printer: &Printer) -> anyhow::Result<()> {
    let users = client.list_users(&List::first(List::MOST)).await?.items;
    let cells = |user: &User| {
        vec![
            Cell::text(&user.name),
            Cell::text(scopes(user)),
            Cell::text(if user.disabled { "disabled" } else { "" }),
            Cell::ago(user.created_at),
        ]
    };
    let empty = "No users yet. `dashctl users create NAME` makes one.";
    printer.list(&users, &["NAME", "SCOPES", "", "CREATED"], cells, empty)
}

async fn edit(client: &Client, printer: &Printer, update: Update) -> anyhow::Result<()> {
    let user = find(client, &update.name).await?;
    let password = if update.password {
        Some(read_password()?)
    } else {
        None
    };
    let patch = UserPatch {
        password,
        scopes: update.scopes,
        disabled: update.disabled,
        version: Some(user.version),
    };
    show(printer, &client.update_user(user.id, &patch).await?)
}

fn show(printer: &Printer, user: &User) -> anyhow::Result<()> {
    let fields = vec![
        ("Name", Cell::text(&user.name)),
        ("Id", Cell::text(user.id)),
        ("Scopes", Cell::text(scopes(user))),
        ("Disabled", Cell::text(user.disabled)),
    ];
    printer.one(user, fields)
}

fn scopes(user: &User) -> String {
    user.scopes
        .iter()
        .map(|scope| scope.as_str())
        .collect::<Vec<_>>()
        .join(",")
}

async fn find(client: &Client, name: &Name) -> anyhow::Result<User> {
    let users = client.list_users(&List::first(List::MOST)).await?.items;
    match users.into_iter().find(|user| user.name == *name) {
        Some(user) => Ok(user),
        None => Err(Refused::not_found(format!("there is no user `{name}`"))),
    }
}

fn read_password() -> anyhow::Result<Password> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(Password(line.trim_end_matches(['\r', '\n']).to_owned()))
}
