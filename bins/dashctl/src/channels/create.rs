//! Making channels. What opens one is read from standard input: a command line is seen by everybody on the machine.

use std::io::BufRead;

use clap::{Args, Subcommand};
use client::Client;
use model::{Hidden, MailSecurity, Name, NewChannel, Target, Title};

use crate::exit::Refused;
use crate::print::{Printer, tell};

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

/// Secrets on standard input, one a line.
pub(super) struct Secrets {
    lines: std::io::Lines<std::io::StdinLock<'static>>,
}

impl Secrets {
    pub(super) fn read() -> Self {
        let lines = std::io::stdin().lock().lines();
        Self { lines }
    }

    /// The next one, which must be there.
    pub(super) fn next(&mut self, what: &str) -> anyhow::Result<Hidden> {
        let missing = || Refused::invalid(format!("{what} is missing on standard input"));
        self.next_if_any(what)?.ok_or_else(missing)
    }

    /// The next one, where there is another line.
    pub(super) fn next_if_any(&mut self, what: &str) -> anyhow::Result<Option<Hidden>> {
        let line = self.lines.next().transpose()?;
        let Some(line) = line.filter(|line| !line.trim().is_empty()) else {
            return Ok(None);
        };
        let secret = Hidden::parse(line.trim());
        let secret = secret.map_err(|error| Refused::invalid(format!("{what}: {error}")))?;
        Ok(Some(secret))
    }
}

/// Makes a channel.
pub(crate) async fn make(
    client: &Client,
    printer: &Printer,
    create: Create,
) -> anyhow::Result<model::Channel> {
    let mut secrets = Secrets::read();
    let mut made = None;
    let (common, target) = match create {
        Create::Slack(common) => {
            let url = secrets.next("the webhook's address")?;
            (common, Target::Slack { url })
        }
        Create::Discord(common) => {
            let url = secrets.next("the webhook's address")?;
            (common, Target::Discord { url })
        }
        Create::Telegram(telegram) => {
            let bot_token = secrets.next("the bot's token")?;
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
                Some(_) => Some(secrets.next("the password")?),
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
            let url = secrets.next("the address")?;
            let signed_with = match secrets.next_if_any("the signing secret")? {
                Some(given) => given,
                None => made.insert(signing_secret()?).clone(),
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
        tell(format_args!("signed with {}", made.reveal()));
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
