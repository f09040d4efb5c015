//! CSRF: a page that changes something by the login cookie must show that it could read our answers.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The token that belongs to a login: derived, so that nothing more is kept. The login's secret
/// cannot be found from it.
#[must_use]
pub fn csrf_token(login_secret: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"dashboard csrf\0");
    hash.update(login_secret.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.finalize())
}

/// Whether a page sent the token that belongs to its login.
#[must_use]
pub fn csrf_matches(login_secret: &str, sent: &str) -> bool {
    let expected = csrf_token(login_secret);
    expected.as_bytes().ct_eq(sent.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_has_one_token_and_no_other() {
        let token = csrf_token("login of ada");
        assert!(csrf_matches("login of ada", &token));
        assert!(!csrf_matches("login of bob", &token));
        assert!(!csrf_matches("login of ada", ""));
        assert!(!token.contains("ada"));
    }
}
