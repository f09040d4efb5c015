//! The sender: one message to one target.

use model::{Target, Timestamp, without_secrets};

use crate::address::Reach;
use crate::email::{self, Post};
use crate::http::Http;
use crate::telegram::{self, Chat};
use crate::{Failure, Message, Receipt, discord, slack, webhook};

/// Sends messages, only to addresses that it may reach.
#[derive(Debug)]
pub struct Sender {
    reach: Reach,
    http: Http,
}

impl Sender {
    /// Reaches only addresses that everybody can reach.
    #[must_use]
    pub fn to_public_addresses() -> Self {
        Self::reaching(Reach::Public)
    }

    /// Reaches also this machine and private networks.
    #[must_use]
    pub fn to_all_addresses() -> Self {
        Self::reaching(Reach::Everything)
    }

    fn reaching(reach: Reach) -> Self {
        Self {
            reach,
            http: Http::new(reach),
        }
    }

    pub(crate) const fn reach(&self) -> Reach {
        self.reach
    }

    /// Sends a message. What comes back holds no secret of the target, even where the other side repeats one.
    pub async fn send(
        &self,
        target: &Target,
        message: &Message,
        now: Timestamp,
    ) -> Result<Receipt, Failure> {
        let clean = |text: &str| without_secrets(text, target).into_string();
        let sent = self.dispatch(target, message, now).await;
        sent.map(|receipt| Receipt {
            answer: clean(&receipt.answer),
            ..receipt
        })
        .map_err(|failure| Failure {
            answer: clean(&failure.answer),
            ..failure
        })
    }

    async fn dispatch(
        &self,
        target: &Target,
        message: &Message,
        now: Timestamp,
    ) -> Result<Receipt, Failure> {
        match target {
            Target::Slack { url } => slack::send(&self.http, url.reveal(), message, now).await,
            Target::Discord { url } => discord::send(&self.http, url.reveal(), message, now).await,
            Target::Webhook { url, secret } => {
                webhook::send(&self.http, url.reveal(), secret.reveal(), message, now).await
            }
            Target::Telegram {
                bot_token,
                chat_id,
                thread_id,
                base_url,
            } => {
                let chat = Chat {
                    bot_token: bot_token.reveal(),
                    chat_id: chat_id.as_str(),
                    thread_id: *thread_id,
                    base_url: base_url.as_ref().map(model::Title::as_str),
                };
                telegram::send(&self.http, chat, message, now).await
            }
            Target::Email {
                host,
                port,
                security,
                username,
                password,
                from,
                to,
            } => {
                let login = username.as_ref().zip(password.as_ref());
                let post = Post {
                    host: host.as_str(),
                    port: *port,
                    security: *security,
                    login: login.map(|(name, password)| (name.as_str(), password.reveal())),
                    from,
                    to,
                };
                email::send(self.reach, post, message).await
            }
        }
    }
}
