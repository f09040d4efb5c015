//! Giving a channel another place, or another secret where the old one was changed. Secrets are read from standard input.

use clap::Args;
use model::{MailSecurity, Platform, TargetPatch, Title};

use super::create::Secrets;
use crate::or_none::OrNone;

#[derive(Debug, Args)]
#[command(next_help_heading = "Where it leads")]
pub(crate) struct Changes {
    /// Read from standard input what opens it: the address, the bot's token or the password; of a webhook in the second
    /// line, where there is one, what messages are signed with
    #[arg(long)]
    secret: bool,
    /// The chat on Telegram: its number, or @name
    #[arg(long, allow_hyphen_values = true)]
    chat: Option<Title>,
    /// The topic in the chat; `none` takes it away, as with what follows
    #[arg(long)]
    thread: Option<OrNone<i64>>,
    /// Where the bot API is
    #[arg(long, value_name = "URL")]
    base_url: Option<OrNone<Title>>,
    /// The mail server's name
    #[arg(long)]
    host: Option<Title>,
    /// Its port
    #[arg(long)]
    port: Option<OrNone<u16>>,
    /// How the connection to it is guarded: tls, starttls or none
    #[arg(long)]
    security: Option<MailSecurity>,
    /// The name to log in with
    #[arg(long)]
    username: Option<OrNone<Title>>,
    /// Who writes mail
    #[arg(long, value_name = "ADDRESS")]
    from: Option<Title>,
    /// Who is written to, in place of those before; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    to: Vec<Title>,
}

impl Changes {
    /// What changes of a channel of this platform; `None` when nothing does.
    pub(super) fn patch(self, platform: Platform) -> anyhow::Result<Option<TargetPatch>> {
        let mut patch = TargetPatch {
            chat_id: self.chat,
            thread_id: OrNone::patch(self.thread),
            base_url: OrNone::patch(self.base_url),
            host: self.host,
            port: OrNone::patch(self.port),
            security: self.security,
            username: OrNone::patch(self.username),
            from: self.from,
            to: Some(self.to).filter(|to| !to.is_empty()),
            ..TargetPatch::default()
        };
        if self.secret {
            open_with(&mut patch, platform, &mut Secrets::read())?;
        }
        Ok(Some(patch).filter(|patch| *patch != TargetPatch::default()))
    }
}

fn open_with(
    patch: &mut TargetPatch,
    platform: Platform,
    secrets: &mut Secrets,
) -> anyhow::Result<()> {
    match platform {
        Platform::Slack | Platform::Discord => patch.url = Some(secrets.next("the address")?),
        Platform::Telegram => patch.bot_token = Some(secrets.next("the bot's token")?),
        Platform::Email => patch.password = Some(Some(secrets.next("the password")?)),
        Platform::Webhook => {
            patch.url = Some(secrets.next("the address")?);
            patch.secret = secrets.next_if_any("the signing secret")?;
        }
    }
    Ok(())
}
