//! `If-Match`: the version of a thing that the caller saw.

use axum::extract::FromRequestParts;
use http::header::IF_MATCH;
use http::request::Parts;
use model::ProblemKind;

use crate::failure::Failure;
use crate::state::Api;

/// The version that the caller saw, where the request says it.
#[derive(Debug)]
pub(crate) struct IfMatch(Option<i64>);

impl FromRequestParts<Api> for IfMatch {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Failure> {
        let Some(header) = parts.headers.get(IF_MATCH) else {
            return Ok(Self(None));
        };
        let version = header.to_str().ok().and_then(version);
        version
            .map(Self)
            .ok_or_else(|| Failure::field(ProblemKind::Malformed, "If-Match", MEANT))
    }
}

const MEANT: &str = "must be one version or ETag such as \"3\", or *";

/// Reads `"3"`, an ETag of ours (which begins with the version), or `*` for any version.
fn version(header: &str) -> Option<Option<i64>> {
    let header = header.trim();
    if header == "*" {
        return Some(None);
    }
    let tag = header.strip_prefix("W/").unwrap_or(header);
    let tag = tag
        .strip_prefix('"')
        .and_then(|tag| tag.strip_suffix('"'))
        .unwrap_or(tag);
    let (digits, hash) = tag.split_once('-').unwrap_or((tag, "0"));
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit())
        && (1..=16).contains(&hash.len())
        && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    plain.then(|| digits.parse().ok().map(Some))?
}

impl IfMatch {
    /// Puts the version into a patch; where the patch names another one, nobody knows which is meant.
    pub(crate) fn put_into(self, patch: &mut Option<i64>) -> Result<(), Failure> {
        match (self.0, *patch) {
            (Some(header), Some(body)) if header != body => {
                let detail = "`If-Match` names another version than the body";
                Err(Failure::field(ProblemKind::Malformed, "/version", detail))
            }
            (Some(header), _) => {
                *patch = Some(header);
                Ok(())
            }
            (None, _) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_in_every_usual_form() {
        for (header, expected) in [
            ("\"3\"", Some(Some(3))),
            ("3", Some(Some(3))),
            ("W/\"3-9f\"", Some(Some(3))),
            ("*", Some(None)),
            ("\"\"", None),
            ("\"-3\"", None),
            ("\"abc\"", None),
            ("\"1\", \"2\"", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(version(header), expected, "{header}");
        }
    }

    #[test]
    fn two_versions_contradict_each_other() {
        let mut patch = Some(2);
        assert!(IfMatch(Some(3)).put_into(&mut patch).is_err());
        assert!(IfMatch(Some(2)).put_into(&mut patch).is_ok());
        let mut absent = None;
        assert!(IfMatch(Some(3)).put_into(&mut absent).is_ok());
        assert_eq!(absent, Some(3));
    }
}
