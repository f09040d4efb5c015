//! Secrets: what tokens, logins, one-time codes and stream tickets are made of.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// 256 random bits in characters that fit into a header, an address and a WebSocket subprotocol.
/// It is never printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// A secret that was given from outside and cannot be used as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSecret {
    /// Too short to be a secret.
    #[error("must have at least 16 characters")]
    TooShort,
    /// Too long for a header.
    #[error("must have at most 200 characters")]
    TooLong,
    /// Not a token of RFC 7230, so no WebSocket subprotocol could carry it.
    #[error("must be made of letters, digits and !#$%&'*+-.^_`|~")]
    Character,
}

impl Secret {
    /// A new secret that begins with `prefix`, so that people and scanners see what it is.
    #[must_use]
    pub fn new(prefix: &str) -> Self {
        let bits: [u8; 32] = rand::random();
        Self(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bits)))
    }

    /// A new secret of a token.
    #[must_use]
    pub fn token() -> Self {
        Self::new("dsh_")
    }

    /// A secret that somebody chose, such as the first admin token.
    pub fn given(text: &str) -> Result<Self, BadSecret> {
        if !text.bytes().all(is_token_character) {
            return Err(BadSecret::Character);
        }
        match text.len() {
            0..16 => Err(BadSecret::TooShort),
            16..=200 => Ok(Self(text.to_owned())),
            _ => Err(BadSecret::TooLong),
        }
    }

    /// The secret itself, to show it this once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What of it may be kept.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.0)
    }

    /// Its first characters, to tell secrets apart.
    #[must_use]
    pub fn prefix(&self) -> String {
        self.0.chars().take(8).collect()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret(****)")
    }
}

/// The SHA-256 of a secret. The secret has 256 random bits, so a slow hash would gain nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// The hash of what somebody presents.
    #[must_use]
    pub fn of(presented: &str) -> Self {
        Self(Sha256::digest(presented.as_bytes()).into())
    }

    /// From what was kept; `None` when that is no hash.
    #[must_use]
    pub fn from_slice(kept: &[u8]) -> Option<Self> {
        kept.try_into().ok().map(Self)
    }

    /// As it is kept.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// As it is kept where only text is.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex::encode(self.0)
    }

    /// Whether it is the hash of what somebody presents, in a time that does not depend on it.
    #[must_use]
    pub fn matches(&self, presented: &str) -> bool {
        self.0.ct_eq(&Self::of(presented).0).into()
    }
}

/// RFC 7230, section 3.2.6: `tchar`.
fn is_token_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_secret_is_new_and_fits_a_header() {
        let (one, two) = (Secret::token(), Secret::token());
        assert_ne!(one, two);
        assert_eq!(one.reveal().len(), "dsh_".len() + 43);
        assert_eq!(Secret::given(one.reveal()), Ok(one));
    }

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::token();
        assert_eq!(format!("{secret:?}"), "Secret(****)");
        assert_eq!(secret.prefix().len(), 8);
    }

    #[test]
    fn only_the_secret_matches_its_hash() {
        let secret = Secret::token();
        assert!(secret.hash().matches(secret.reveal()));
        assert!(!secret.hash().matches(Secret::token().reveal()));
        let kept = *secret.hash().as_bytes();
        assert_eq!(SecretHash::from_slice(&kept), Some(secret.hash()));
        assert_eq!(SecretHash::from_slice(b"short"), None);
    }

    #[test]
    fn a_given_secret_must_fit_a_header() {
        let table = [
            ("short", BadSecret::TooShort),
            ("has a blank inside it", BadSecret::Character),
            ("has,a,comma,inside,it", BadSecret::Character),
            ("umläute-sind-keine-zeichen", BadSecret::Character),
        ];
        for (text, expected) in table {
            assert_eq!(Secret::given(text), Err(expected), "{text}");
        }
        assert_eq!(Secret::given(&"a".repeat(201)), Err(BadSecret::TooLong));
    }
}
