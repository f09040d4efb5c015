//! A moment on the command line: a time, or how long from now.

use std::str::FromStr;

use model::Timestamp;

/// A moment that somebody names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct When(pub(crate) Timestamp);

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let moment = match seconds(text) {
            Some(seconds) => Some(Timestamp::now().plus_seconds(seconds)),
            None => text.parse().ok(),
        };
        let why = "neither a time such as 2030-01-31T09:00:00Z, nor one from now such as 90s, 10m, 2h or 1d";
        moment.map(Self).ok_or_else(|| why.to_owned())
    }
}

/// How long it is, in the units in which `dashctl` says how long ago something was.
fn seconds(text: &str) -> Option<i64> {
    let (count, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    Some(i64::from(count.parse::<u32>().ok()?) * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<i64>) {
        assert_eq!(seconds(text), expected, "{text}");
    }

    #[test]
    fn a_time_from_now_is_a_number_and_a_unit() {
        check("90s", Some(90));
        check("10m", Some(600));
        check("2h", Some(7200));
        check("1d", Some(86_400));
        for wrong in [
            "",
            "s",
            "-1h",
            "1",
            "1w",
            "1h30m",
            "1.5h",
            "99999999999d",
            "1é",
        ] {
            check(wrong, None);
        }
    }

    #[test]
    fn a_moment_is_a_time_or_lies_ahead() {
        let time = "2030-01-31T09:00:00Z";
        assert_eq!(time.parse(), Ok(When(time.parse().unwrap())));
        let before = Timestamp::now();
        let When(then) = "2h".parse().unwrap();
        assert!(then >= before.plus_seconds(7200) && then <= Timestamp::now().plus_seconds(7200));
        assert!("soon".parse::<When>().unwrap_err().contains("10m"));
    }
}
