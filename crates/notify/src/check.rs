//! What of a target can be seen to be wrong before anything is sent.

use model::{Hidden, MailSecurity, Target, Title};
use url::{Host, Url};

use crate::address::Reach;
use crate::{Sender, email, webhook};

/// A field that is not right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which one, as a pointer within the target.
    pub pointer: String,
    /// What is wrong.
    pub detail: String,
}

fn fault<T>(pointer: &str, detail: impl Into<String>) -> Result<T, Fault> {
    Err(Fault {
        pointer: pointer.to_owned(),
        detail: detail.into(),
    })
}

/// Checks what can be checked without asking anybody.
pub fn check(sender: &Sender, target: &Target) -> Result<(), Fault> {
    let reach = sender.reach();
    match target {
        Target::Slack { url } | Target::Discord { url } => check_url(reach, "/url", url.reveal()),
        Target::Webhook { url, secret } => {
            check_url(reach, "/url", url.reveal())?;
            match webhook::key(secret.reveal()) {
                Some(_) => Ok(()),
                None => fault("/secret", "must be `whsec_` and 24 to 64 bytes in base64"),
            }
        }
        Target::Telegram {
            bot_token,
            base_url,
            ..
        } => {
            if bot_token.reveal().contains(['/', '?', '#']) {
                return fault("/bot_token", "must be the token of a bot");
            }
            match base_url {
                Some(url) => check_url(reach, "/base_url", url.as_str()),
                None => Ok(()),
            }
        }
        Target::Email { .. } => check_mail(reach, target),
    }
}

fn check_url(reach: Reach, pointer: &str, text: &str) -> Result<(), Fault> {
    // What an answer showed is no address.
    if text.ends_with("/...") {
        return fault(
            pointer,
            "must be the whole address, not what is shown of it",
        );
    }
    let url = Url::parse(text).ok();
    let Some(url) = url.filter(|url| matches!(url.scheme(), "http" | "https")) else {
        return fault(pointer, "must be an address of HTTP");
    };
    match url.host() {
        Some(host) => reach
            .check_host(&host)
            .or_else(|it| fault(pointer, it.to_string())),
        None => fault(pointer, "must be an address of HTTP"),
    }
}

fn check_mail(reach: Reach, target: &Target) -> Result<(), Fault> {
    let Target::Email {
        host,
        port,
        security,
        username,
        password,
        from,
        to,
    } = target
    else {
        return Ok(());
    };
    match Host::parse(host.as_str()) {
        Ok(Host::Domain(name)) => reach.check_host(&Host::Domain(name.as_str())),
        Ok(Host::Ipv4(address)) => reach.check(host.as_str(), address.into()),
        Ok(Host::Ipv6(address)) => reach.check(host.as_str(), address.into()),
        Err(_) => return fault("/host", "must be the name of a server"),
    }
    .or_else(|it| fault("/host", it.to_string()))?;
    if *port == Some(0) {
        return fault("/port", "must be 1 to 65535");
    }
    check_login(*security, username.as_ref(), password.as_ref())?;
    check_mailbox("/from", from)?;
    if !(1..=20).contains(&to.len()) {
        return fault("/to", "must hold 1 to 20");
    }
    to.iter()
        .enumerate()
        .try_for_each(|(index, one)| check_mailbox(&format!("/to/{index}"), one))
}

fn check_login(
    security: MailSecurity,
    username: Option<&Title>,
    password: Option<&Hidden>,
) -> Result<(), Fault> {
    match (username, password, security) {
        (Some(_), None, _) => fault("/password", "belongs to a username"),
        (None, Some(_), _) => fault("/username", "belongs to a password"),
        (Some(_), Some(_), MailSecurity::None) => fault(
            "/security",
            "a password is sent only by `tls` or `starttls`",
        ),
        _ => Ok(()),
    }
}

fn check_mailbox(pointer: &str, text: &Title) -> Result<(), Fault> {
    match email::mailbox(text) {
        Some(_) => Ok(()),
        None => fault(pointer, "must be a mail address"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn checked(target: Value) -> Option<String> {
        let target = serde_json::from_value(target).unwrap();
        let sender = Sender::to_public_addresses();
        check(&sender, &target).err().map(|fault| fault.pointer)
    }

    fn mail(changed: Value) -> Value {
        let mut mail = json!({
            "platform": "email", "host": "mail.example.org", "security": "tls", "username": "ada",
            "password": "xyzzy", "from": "Ada <a@example.org>", "to": ["b@example.org"],
        });
        let fields = mail.as_object_mut().unwrap();
        fields.extend(changed.as_object().cloned().unwrap());
        mail
    }

    #[test]
    fn what_is_wrong_is_pointed_at() {
        let slack = |url: &str| json!({"platform": "slack", "url": url});
        let hook = |secret: &str| json!({"platform": "webhook", "url": "https://example.org/", "secret": secret});
        for (target, expected) in [
            (slack("https://hooks.slack.com/services/T/B/x"), None),
            (slack("https://hooks.slack.com/..."), Some("/url")),
            (slack("ftp://example.org/"), Some("/url")),
            (slack("xyzzy"), Some("/url")),
            (slack("http://127.0.0.1/"), Some("/url")),
            (slack("http://2130706433/"), Some("/url")),
            (slack("http://[::ffff:10.0.0.1]/"), Some("/url")),
            (slack("http://localhost:8080/"), Some("/url")),
            (hook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), None),
            (hook("short"), Some("/secret")),
            (mail(json!({})), None),
            (mail(json!({"host": "192.168.1.1"})), Some("/host")),
            (mail(json!({"host": "a b"})), Some("/host")),
            (mail(json!({"port": 0})), Some("/port")),
            (mail(json!({"security": "none"})), Some("/security")),
            (mail(json!({"username": null})), Some("/username")),
            (mail(json!({"from": "nobody"})), Some("/from")),
            (mail(json!({"to": []})), Some("/to")),
            (mail(json!({"to": ["b@example.org", "c"]})), Some("/to/1")),
        ] {
            assert_eq!(checked(target.clone()).as_deref(), expected, "{target}");
        }
    }
}
