//! The usage command: tells after the run what an agent used that we cannot read.

use std::process::Stdio;
use std::time::Duration;

use model::Tokens;
use serde::Deserialize;
use tokio::process::Command;
use tokio::time::timeout;

use crate::process;

/// It only has to print a line.
const MOST_TIME: Duration = Duration::from_secs(60);

/// What it prints.
#[derive(Debug, Deserialize)]
struct Printed {
    input_tokens: i64,
    output_tokens: i64,
}

/// Runs it in the command's directory and environment; says why usage is not tracked where it is not.
pub(crate) async fn ask(line: &str, command: &process::Command) -> Result<Tokens, String> {
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(line)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command.apply_to(&mut shell);
    let output = timeout(MOST_TIME, shell.output())
        .await
        .map_err(|_| "the usage command took too long".to_owned())?
        .map_err(|error| format!("the usage command did not start: {error}"))?;
    if !output.status.success() {
        return Err(format!("the usage command failed: {}", output.status));
    }
    read(&output.stdout)
}

fn read(printed: &[u8]) -> Result<Tokens, String> {
    let printed: Printed = serde_json::from_slice(printed)
        .map_err(|error| format!("the usage command printed something else: {error}"))?;
    let (input, output) = (printed.input_tokens, printed.output_tokens);
    let tokens = Tokens {
        input,
        output,
        ..Tokens::default()
    };
    tokens
        .are_possible()
        .then_some(tokens)
        .ok_or_else(|| "impossible numbers of tokens".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_numbers_are_enough_and_less_is_not() {
        let tokens = read(br#"{"input_tokens": 7, "output_tokens": 3, "more": 1}"#).unwrap();
        assert_eq!((tokens.input, tokens.output), (7, 3));
        for bad in ["", "7", "{}", r#"{"input_tokens": -1, "output_tokens": 3}"#] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
