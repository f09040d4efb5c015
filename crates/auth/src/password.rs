//! Passwords: argon2id. Slow on purpose (20 ms and 19 MiB), so callers use `spawn_blocking`.

use std::sync::OnceLock;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use model::Password;

/// Why a password cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    /// Too short to be safe.
    #[error("must have at least 8 characters")]
    TooShort,
    /// So long that hashing it would be an attack.
    #[error("must have at most 1,024 characters")]
    TooLong,
}

/// The hash to keep, as a PHC string with its own salt and cost.
pub fn hash(password: &Password) -> Result<String, BadPassword> {
    match password.0.chars().count() {
        0..8 => Err(BadPassword::TooShort),
        8..=1024 => Ok(hash_any(&password.0)),
        _ => Err(BadPassword::TooLong),
    }
}

/// Whether it is the password that was hashed. Where there is no such user, the same work is done,
/// so that the time does not tell who exists.
#[must_use]
pub fn verify(password: &Password, kept: Option<&str>) -> bool {
    // Longer ones were never hashed, and must not cost anything now.
    if password.0.chars().count() > 1024 {
        return false;
    }
    let Some(hash) = kept.and_then(|kept| PasswordHash::new(kept).ok()) else {
        let _ = matches(password, dummy());
        return false;
    };
    matches(password, &hash)
}

fn matches(password: &Password, hash: &PasswordHash) -> bool {
    let password = password.0.as_bytes();
    Argon2::default().verify_password(password, hash).is_ok()
}

fn dummy() -> &'static PasswordHash {
    static DUMMY: OnceLock<PasswordHash> = OnceLock::new();
    DUMMY.get_or_init(|| {
        let hash = hash_any(crate::Secret::new("").reveal());
        PasswordHash::new(&hash).expect("a hash of our own can be read")
    })
}

fn hash_any(password: &str) -> String {
    Argon2::default()
        .hash_password(password.as_bytes())
        .expect("argon2 with its own defaults takes every password of this length")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password(text.to_owned())
    }

    #[test]
    fn only_the_password_itself_is_right() {
        let kept = hash(&password("correct horse")).unwrap();
        assert!(kept.starts_with("$argon2id$"));
        assert!(verify(&password("correct horse"), Some(&kept)));
        assert!(!verify(&password("battery staple"), Some(&kept)));
    }

    #[test]
    fn nobody_has_no_password() {
        assert!(!verify(&password("correct horse"), None));
        assert!(!verify(&password("correct horse"), Some("no hash")));
    }

    #[test]
    fn the_length_is_bounded() {
        assert_eq!(hash(&password("short")), Err(BadPassword::TooShort));
        let long = password(&"a".repeat(1025));
        assert_eq!(hash(&long), Err(BadPassword::TooLong));
        assert!(!verify(&long, None));
    }
}
