//! Keeping secrets out of what is shown: of an address only its host, and of what others say nothing that opens a channel,
//! however they repeat it.

mod encoded;

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::{Target, Text};

const MASK: &str = "****";

/// A piece of an address that is shorter is no secret: it would be found in every other sentence.
const SHORTEST_PIECE: usize = 6;

/// `https://hooks.slack.com/...` of an address, `****` of anything else.
pub(crate) fn masked(secret: &str) -> String {
    let Some(address) = Address::of(secret) else {
        return MASK.to_owned();
    };
    format!("{}://{}/...", address.scheme, address.host)
}

/// Text from elsewhere, without the secrets of a target that it may repeat, whole or in pieces.
#[must_use]
pub fn without_secrets(text: &str, target: &Target) -> Text {
    let plain = BTreeSet::from_iter(
        target
            .secrets()
            .iter()
            .flat_map(|secret| pieces(secret))
            .flat_map(|piece| [decoded(&piece).into_owned(), piece]),
    );
    let sent = login_by_mail(target);
    let encoded = plain.iter().chain(&sent).flat_map(|it| encoded::forms(it));
    let encoded = BTreeSet::from_iter(encoded);
    let mut pieces: Vec<String> = plain.into_iter().chain(encoded).collect();
    // The whole before its pieces.
    pieces.sort_by_key(|piece| std::cmp::Reverse(piece.len()));
    let mut text = text.to_owned();
    for piece in pieces {
        text = replaced(&text, &piece);
    }
    Text::lossy(&text)
}

/// What a mail server is told by `AUTH PLAIN`.
fn login_by_mail(target: &Target) -> Option<String> {
    let Target::Email {
        username: Some(name),
        password: Some(password),
        ..
    } = target
    else {
        return None;
    };
    Some(format!("\0{}\0{}", name.as_str(), password.reveal()))
}

/// A secret and what of it is secret by itself.
fn pieces(secret: &str) -> Vec<String> {
    let mut pieces = vec![secret.to_owned()];
    let Some(address) = Address::of(secret) else {
        // A Telegram token: the number of the bot, and what makes it a secret.
        pieces.extend(
            secret
                .split(':')
                .filter(|it| is_telling(it))
                .map(str::to_owned),
        );
        return pieces;
    };
    pieces.extend(address.login.map(str::to_owned));
    pieces.extend(
        address
            .login
            .iter()
            .flat_map(|login| login.split(':'))
            .filter(|it| it.len() > 2)
            .map(str::to_owned),
    );
    if address.rest.len() > SHORTEST_PIECE {
        pieces.push(address.rest.to_owned());
    }
    let path = address.rest.split(['?', '#']).next().unwrap_or_default();
    if path.len() > SHORTEST_PIECE {
        pieces.push(path.to_owned());
    }
    pieces.extend(
        address
            .rest
            .split(['/', '?', '#', '&', '='])
            .filter(|it| is_telling(it))
            .map(str::to_owned),
    );
    pieces
}

/// Whether a piece of an address is more than a word of its path, such as `services`.
fn is_telling(piece: &str) -> bool {
    let is_word = piece.chars().all(|letter| letter.is_ascii_lowercase());
    piece.len() >= SHORTEST_PIECE && (!is_word || piece.len() > 2 * SHORTEST_PIECE)
}

struct Address<'a> {
    scheme: &'a str,
    /// A name and a password may stand before the host.
    login: Option<&'a str>,
    host: &'a str,
    /// From the path on.
    rest: &'a str,
}

impl<'a> Address<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let (scheme, after) = text.split_once("://")?;
        let (authority, rest) = after.split_at(after.find(['/', '?', '#']).unwrap_or(after.len()));
        let (login, host) = match authority.rsplit_once('@') {
            Some((login, host)) => (Some(login), host),
            None => (None, authority),
        };
        Some(Self {
            scheme,
            login,
            host,
            rest,
        })
    }
}

/// With `%41` as `A`.
fn decoded(piece: &str) -> Cow<'_, str> {
    percent_encoding::percent_decode_str(piece).decode_utf8_lossy()
}

/// With a piece masked wherever it stands, in small letters or capitals.
fn replaced(text: &str, piece: &str) -> String {
    // Only ASCII letters change, so places stay where they are.
    let (small, piece) = (text.to_ascii_lowercase(), piece.to_ascii_lowercase());
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    while let Some(found) = small[from..].find(&piece).filter(|_| !piece.is_empty()) {
        kept.push_str(&text[from..from + found]);
        kept.push_str(MASK);
        from += found + piece.len();
    }
    kept.push_str(&text[from..]);
    kept
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn target(target: serde_json::Value) -> Target {
        serde_json::from_value(target).unwrap()
    }

    fn slack() -> Target {
        let url = "https://u:pass@hooks.example.org/services/T0/B0/xyzzy%2FqQ7?token=abc123def";
        target(json!({"platform": "slack", "url": url}))
    }

    #[test]
    fn of_an_address_the_host_is_shown() {
        assert_eq!(
            masked("https://u:p@example.org/T0/x"),
            "https://example.org/..."
        );
        assert_eq!(
            masked("https://example.org?token=x"),
            "https://example.org/..."
        );
        assert_eq!(masked("123:abc"), "****");
    }

    #[test]
    fn what_others_say_is_shown_without_our_secrets() {
        let whole = slack().secrets().remove(0);
        for (said, shown) in [
            (format!("no such hook: {whole}"), "no such hook: ****"),
            (
                "Cannot POST /services/T0/B0/xyzzy%2FqQ7".to_owned(),
                "Cannot POST ****",
            ),
            (
                "CANNOT POST /SERVICES/T0/B0/XYZZY%2FQQ7".to_owned(),
                "CANNOT POST ****",
            ),
            ("no xyzzy/qQ7 here".to_owned(), "no **** here"),
            ("token abc123def is wrong".to_owned(), "token **** is wrong"),
            ("u:pass was refused".to_owned(), "**** was refused"),
            ("the services are down".to_owned(), "the services are down"),
        ] {
            assert_eq!(without_secrets(&said, &slack()).as_str(), shown);
        }
        let telegram =
            target(json!({"platform": "telegram", "bot_token": "4711:AAbbCCdd", "chat_id": "1"}));
        assert_eq!(
            without_secrets("bot AAbbCCdd?", &telegram).as_str(),
            "bot ****?"
        );
    }

    #[test]
    fn what_a_mail_server_repeats_is_shown_without_the_password_in_base64() {
        for (password, forms) in [
            (
                "xyzzySECRETpw",
                ["eHl6enlTRUNSRVRwdw==", "AGRhc2gAeHl6enlTRUNSRVRwdw=="],
            ),
            // The alphabets differ, and it is short.
            ("?>~", ["Pz5+", "AGRhc2gAPz5+"]),
        ] {
            let mail = target(json!({
                "platform": "email", "host": "mail.example.org", "security": "tls", "username": "dash",
                "password": password, "from": "a@example.org", "to": ["b@example.org"],
            }));
            for form in forms {
                let url_safe = form.replace('+', "-");
                for form in [form, &url_safe, form.trim_end_matches('=')] {
                    let said = format!("535 you sent {form} there");
                    let shown = without_secrets(&said, &mail);
                    assert_eq!(shown.as_str(), "535 you sent **** there", "{form}");
                }
            }
        }
    }

    #[test]
    fn a_secret_is_found_in_base64_wherever_it_stands_in_it() {
        use base64::Engine as _;
        for before in ["", "a", "ab", "abc"] {
            let text = format!("{before} 4711:AAbbCCdd after it");
            let said = base64::engine::general_purpose::STANDARD.encode(text);
            let telegram =
                json!({"platform": "telegram", "bot_token": "4711:AAbbCCdd", "chat_id": "1"});
            let shown = without_secrets(&said, &target(telegram));
            assert!(shown.as_str().contains(MASK), "{shown} of {said}");
            assert!(shown.as_str().len() <= said.len() - 12, "{shown} of {said}");
        }
    }
}
