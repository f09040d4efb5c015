//! Making channels. What opens one is read from standard input: a command line is seen by everybody on the machine.

use std::io::BufRead;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use client::Client;
use model::{Hidden, MailSecurity, Name, NewChannel, Target, Title};

use crate::print::Printer;

#[derive(Debug, Subcommand)]
pub(crate) enum Create {
    /// Slack; the address of an incoming webhook is the first line of standard input
    Slack(Common),
    /// Discord; the address of a webhook is the first line of standard input
    Discord(Common),
    /// Telegram; the bot's token is the first line of standard input
    Telegram(Telegram),
    /// Mail; the password, where there is a username, is the first line of standard input
    Email(Email),
    /// A program that takes signed webhooks; its address is the first line of standard input
    ///
    /// What messages are signed with is the second line. Without one it is made, and printed this once.
    Webhook(Common),
}

#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Its name
    name: Name,
    /// Make it the home of its platform
    #[arg(long)]
    home: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Telegram {
    #[command(flatten)]
    common: Common,
    /// The chat: its number, or @name
    #[arg(long, allow_hyphen_values = true)]
    chat: Title,
    /// The topic in the chat
    #[arg(long)]
    thread: Option<i64>,
    /// Where the bot API is, if not at Telegram
    #[arg(long, value_name = "URL")]
    base_url: Option<Title>,
}

#[derive(Debug, Args)]
pub(crate) struct Email {
    #[command(flatten)]
    common: Common,
    /// The mail server's name
    #[arg(long)]
    host: Title,
    /// Its port, if not the usual one
    #[arg(long)]
    port: Option<u16>,
    /// How the connection is guarded: tls, starttls or none
    #[arg(long, default_value = "starttls")]
    security: MailSecurity,
    /// The name to log in with
    #[arg(long)]
    username: Option<Title>,
    /// Who writes
    #[arg(long, value_name = "ADDRESS")]
    from: Title,
    /// Who is written to; may be repeated
    #[arg(long, value_name = "ADDRESS", required = true)]
    to: Vec<Title>,
}

/// Makes a channel.
pub(crate) async fn make(
    client: &Client,
    printer: &Printer,
    create: Create,
) -> anyhow::Result<model::Channel> {
    let mut lines = std::io::stdin().lock().lines();
    let mut made = None;
    let mut secret = |what: &str| -> anyhow::Result<Hidden> {
        let line = lines.next().transpose()?;
        let line = line.with_context(|| format!("{what} is missing on standard input"))?;
        Hidden::parse(line.trim()).with_context(|| what.to_owned())
    };
    let (common, target) = match create {
        Create::Slack(common) => {
            let url = secret("the webhook's address")?;
            (common, Target::Slack { url })
        }
        Create::Discord(common) => {
            let url = secret("the webhook's address")?;
            (common, Target::Discord { url })
        }
        Create::Telegram(telegram) => {
            let bot_token = secret("the bot's token")?;
            (
                telegram.common,
                Target::Telegram {
                    bot_token,
                    chat_id: telegram.chat,
                    thread_id: telegram.thread,
                    base_url: telegram.base_url,
                },
            )
        }
        Create::Email(email) => {
            let password = match &email.username {
                Some(_) => Some(secret("the password")?),
                None => None,
            };
            (
                email.common,
                Target::Email {
                    host: email.host,
                    port: email.port,
                    security: email.security,
                    username: email.username,
                    password,
                    from: email.from,
                    to: email.to,
                },
            )
        }
        Create::Webhook(common) => {
            let url = secret("the address")?;
            let signed_with = match secret("the signing secret") {
                Ok(given) => given,
                Err(_) => made.insert(signing_secret()?).clone(),
            };
            (
                common,
                Target::Webhook {
                    url,
                    secret: signed_with,
                },
            )
        }
    };
    let new = NewChannel {
        name: common.name,
        target,
        home: common.home,
    };
    let channel = client.create_channel(&new).await?;
    if let Some(made) = made {
        // Not among what is shown of a channel: this is the only time.
        eprintln!("signed with {}", made.reveal());
    }
    printer.say("Made. `dashctl channels test` tries it.");
    Ok(channel)
}

/// 32 random bytes as Standard Webhooks writes them.
fn signing_secret() -> anyhow::Result<Hidden> {
    use base64::Engine as _;
    let bytes: [u8; 32] = rand::random();
    let text = base64::engine::general_purpose::STANDARD.encode(bytes);
    Ok(Hidden::parse(format!("whsec_{text}"))?)
}
