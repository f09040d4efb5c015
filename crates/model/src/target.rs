//! Targets: where a channel leads, with the secrets that open it. They come in requests and are kept, and never go out.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::masking::masked;
use crate::words::words;
use crate::{Platform, Title, patch};

/// A secret of somebody else's, such as an address that anybody may post to. It is never printed.
#[derive(Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, min_length = 1, max_length = 2000, format = Password, pattern = r"^[!-~]+$")]
pub struct Hidden(String);

/// A text that is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 2,000 printable ASCII characters without blanks")]
pub struct NotHidden;

impl Hidden {
    /// Checks a secret from outside.
    pub fn parse(text: impl Into<String>) -> Result<Self, NotHidden> {
        let text = text.into();
        let fits = (1..=2000).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        fits.then_some(Self(text)).ok_or(NotHidden)
    }

    /// The secret itself, for whoever uses it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Hidden(****)")
    }
}

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

words! {
    /// How a connection for mail is guarded.
    MailSecurity ("kind of security") {
        /// TLS from the first byte, usually on port 465.
        Tls = "tls",
        /// TLS once the server offers it, usually on port 587; without it nothing is sent.
        Starttls = "starttls",
        /// None: only for a server on the same machine.
        None = "none",
    }
}

impl MailSecurity {
    /// How well it guards what is sent.
    const fn strength(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Starttls => 1,
            Self::Tls => 2,
        }
    }
}

/// Where a channel leads, and what opens it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "platform", rename_all = "snake_case", deny_unknown_fields)]
pub enum Target {
    /// An incoming webhook of Slack.
    Slack {
        /// Its address, which is a secret.
        url: Hidden,
    },
    /// A chat of a Telegram bot.
    Telegram {
        /// The bot's token.
        bot_token: Hidden,
        /// The chat: its number, or `@name` of a public channel.
        chat_id: Title,
        /// The topic in the chat.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        thread_id: Option<i64>,
        /// Where the bot API is; `https://api.telegram.org` when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        base_url: Option<Title>,
    },
    /// A webhook of Discord.
    Discord {
        /// Its address, which is a secret.
        url: Hidden,
    },
    /// Mail by SMTP.
    Email {
        /// The server's name.
        host: Title,
        /// The server's port; that of its kind of security when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(minimum = 1, maximum = 65535)]
        port: Option<u16>,
        /// How the connection is guarded.
        security: MailSecurity,
        /// The name to log in with; nobody logs in when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        username: Option<Title>,
        /// The password to log in with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        password: Option<Hidden>,
        /// Who writes.
        from: Title,
        /// Who is written to, 1 to 20.
        #[schema(min_items = 1, max_items = 20)]
        to: Vec<Title>,
    },
    /// A program that takes signed webhooks.
    Webhook {
        /// Its address, which may be a secret.
        url: Hidden,
        /// What messages are signed with: `whsec_` and 24 to 64 bytes in base64.
        secret: Hidden,
    },
}

/// What changes of a target. A field that its platform does not have is refused.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TargetPatch {
    /// The address of Slack, Discord or a webhook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<Hidden>,
    /// What webhooks are signed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<Hidden>,
    /// The token of a Telegram bot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bot_token: Option<Hidden>,
    /// The chat on Telegram.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat_id: Option<Title>,
    /// The topic in the chat; `null` takes it away.
    #[serde(
        deserialize_with = "patch::double",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<i64>)]
    pub thread_id: Option<Option<i64>>,
    /// Where the bot API is; `null` for the usual place.
    #[serde(
        deserialize_with = "patch::double",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Title>)]
    pub base_url: Option<Option<Title>>,
    /// The mail server's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Title>,
    /// The mail server's port; `null` for that of its kind of security.
    #[serde(
        deserialize_with = "patch::double",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<u16>, minimum = 1, maximum = 65535)]
    pub port: Option<Option<u16>>,
    /// How the connection to it is guarded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security: Option<MailSecurity>,
    /// The name to log in with; `null` logs nobody in.
    #[serde(
        deserialize_with = "patch::double",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Title>)]
    pub username: Option<Option<Title>>,
    /// The password to log in with; `null` takes it away.
    #[serde(
        deserialize_with = "patch::double",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Hidden>)]
    pub password: Option<Option<Hidden>>,
    /// Who writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Title>,
    /// Who is written to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, max_items = 20)]
    pub to: Option<Vec<Title>>,
}

/// Where a channel leads, as far as it is no secret. Only the fields of its platform are there.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct ShownTarget {
    /// The scheme and the host of the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// `****`: there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// `****`: there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bot_token: Option<String>,
    /// The chat on Telegram.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat_id: Option<String>,
    /// The topic in the chat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<i64>,
    /// Where the bot API is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// The mail server's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The mail server's port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// How the connection to it is guarded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security: Option<MailSecurity>,
    /// The name to log in with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// `****`: there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Who writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Who is written to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Vec<String>>,
}

/// Fields that hold secrets, of any platform.
const SECRETS: [&str; 4] = ["url", "secret", "bot_token", "password"];

impl Target {
    /// What kind of place it is.
    #[must_use]
    pub const fn platform(&self) -> Platform {
        match self {
            Self::Slack { .. } => Platform::Slack,
            Self::Telegram { .. } => Platform::Telegram,
            Self::Discord { .. } => Platform::Discord,
            Self::Email { .. } => Platform::Email,
            Self::Webhook { .. } => Platform::Webhook,
        }
    }

    /// The target with what changes; why not, where the platform has no such field.
    pub fn patched(&self, patch: &TargetPatch) -> Result<Self, serde_json::Error> {
        let mut fields = self.fields();
        fields.extend(object(serde_json::to_value(patch)?));
        serde_json::from_value(Value::Object(fields))
    }

    /// The secret that a change must give again, because what is kept would go to another place, or less guarded: whoever
    /// may change a channel may not read what opens it.
    #[must_use]
    pub fn asks_again_for(&self, patch: &TargetPatch, changed: &Self) -> Option<&'static str> {
        let is_led_elsewhere = match (self, changed) {
            (Self::Telegram { base_url, .. }, Self::Telegram { base_url: to, .. }) => {
                patch.bot_token.is_none() && base_url != to
            }
            (
                Self::Email {
                    host,
                    port,
                    security,
                    password: Some(_),
                    ..
                },
                Self::Email {
                    host: to_host,
                    port: to_port,
                    security: guarded,
                    ..
                },
            ) => {
                let is_weaker = guarded.strength() < security.strength();
                patch.password.is_none() && ((host, port) != (to_host, to_port) || is_weaker)
            }
            // Elsewhere the address is a secret itself, and what signs messages does not go along with them.
            _ => false,
        };
        is_led_elsewhere.then_some(match self.platform() {
            Platform::Telegram => "bot_token",
            _ => "password",
        })
    }

    /// As it may be shown: of an address only the host, of other secrets nothing.
    #[must_use]
    pub fn shown(&self) -> ShownTarget {
        let mut fields = self.fields();
        for name in SECRETS {
            if let Some(Value::String(secret)) = fields.get_mut(name) {
                *secret = masked(secret);
            }
        }
        serde_json::from_value(Value::Object(fields)).unwrap_or_default()
    }

    /// Its secrets, so that they can be kept out of what others say.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        let fields = self.fields();
        let secrets = SECRETS
            .iter()
            .filter_map(|name| fields.get(*name)?.as_str());
        secrets.map(str::to_owned).collect()
    }

    fn fields(&self) -> Map<String, Value> {
        object(serde_json::to_value(self).unwrap_or_default())
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn slack() -> Target {
        let target =
            json!({"platform": "slack", "url": "https://u:p@hooks.example.org/T0/B0/xyzzy"});
        serde_json::from_value(target).unwrap()
    }

    #[test]
    fn what_is_shown_holds_no_secret() {
        let mail = json!({
            "platform": "email", "host": "mail.example.org", "security": "tls",
            "username": "ada", "password": "xyzzy", "from": "a@example.org", "to": ["b@example.org"],
        });
        let mail: Target = serde_json::from_value(mail).unwrap();
        assert_eq!(mail.shown().password.unwrap(), "****");
        assert_eq!(mail.shown().host.unwrap(), "mail.example.org");
        let shown = slack().shown();
        assert_eq!(shown.url.unwrap(), "https://hooks.example.org/...");
        assert!(!format!("{:?}{mail:?}", slack()).contains("xyzzy"));
    }

    #[test]
    fn a_change_keeps_what_it_does_not_name() {
        let telegram = json!({"platform": "telegram", "bot_token": "1:a", "chat_id": "7"});
        let telegram: Target = serde_json::from_value(telegram).unwrap();
        let patch = TargetPatch {
            chat_id: Some(Title::lossy("8")),
            ..TargetPatch::default()
        };
        let patched = telegram.patched(&patch).unwrap();
        assert_eq!(patched.shown().chat_id.unwrap(), "8");
        assert_eq!(patched.secrets(), ["1:a"]);
        assert!(slack().patched(&patch).is_err());
    }

    #[test]
    fn null_takes_away_what_need_not_be_there() {
        let mail = json!({
            "platform": "email", "host": "mail.example.org", "port": 26, "security": "tls",
            "username": "ada", "password": "xyzzy", "from": "a@example.org", "to": ["b@example.org"],
        });
        let mail: Target = serde_json::from_value(mail).unwrap();
        let patch = json!({"port": null, "username": null, "password": null});
        let patch: TargetPatch = serde_json::from_value(patch).unwrap();
        let shown = mail.patched(&patch).unwrap().shown();
        assert_eq!(
            (shown.port, shown.username, shown.password),
            (None, None, None)
        );
        assert_eq!(shown.host.unwrap(), "mail.example.org");
        assert!(slack().patched(&patch).is_err());
    }
}
