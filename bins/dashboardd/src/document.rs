//! `docs/configuration.md`: written from the options themselves, so that it is always right.

use clap::{Arg, CommandFactory};

use crate::Cli;
use crate::config::{LISTEN, LOG_LEVEL};

const OPENING: &str = "# Configuration of dashboardd

Every key can be set by a flag, by an environment variable, or in a TOML file; in this order, the first one
counts. Unknown keys are refused. `dashboardd config` prints what is in effect, with secrets masked.

| key | flag | environment | what it is | when it is not set |
|---|---|---|---|---|
";

const CLOSING: &str = "
The server listens on loopback unless told otherwise. On another address it refuses to start without TLS or
`behind_proxy`. `admin_token` is no flag, because what stands on a command line is seen by everybody on the machine;
it must be made of letters, digits and ``!#$%&'*+-.^_`|~``, at least 16 of them.

The first start prints an admin token and a login link, once. Whoever lost them makes another token with
`dashboardd token create`, while the server is stopped.
";

fn document() -> String {
    let command = Cli::command();
    let rows = command
        .get_arguments()
        .filter(|arg| arg.get_env().is_some())
        .map(row);
    let mut rows: Vec<String> = rows.collect();
    rows.insert(
        4,
        "| `admin_token` | | `DASHBOARD_ADMIN_TOKEN` | The first admin token, for automation | one is made at the first start |\n".to_owned(),
    );
    format!("{OPENING}{}{CLOSING}", rows.concat())
}

fn row(arg: &Arg) -> String {
    let key = arg.get_id().as_str();
    let key = if key == "config" {
        String::new()
    } else {
        format!("`{key}`")
    };
    let flag = arg.get_long().unwrap_or_default();
    let environment = arg
        .get_env()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let default = default_of(arg.get_id().as_str());
    format!("| {key} | `--{flag}` | `{environment}` | {help} | {default} |\n")
}

fn default_of(key: &str) -> String {
    match key {
        "listen" => format!("`{LISTEN}`"),
        "data" => "`dashboard` in the user's data directory".to_owned(),
        "database" => "`dashboard.db` in the data directory".to_owned(),
        "behind_proxy" | "allow_private_addresses" => "`false`".to_owned(),
        "base_path" => "that of the public URL, else `/`".to_owned(),
        "log_format" => "`text`".to_owned(),
        "log_level" => format!("`{LOG_LEVEL}`"),
        _ => String::new(),
    }
}

#[test]
fn the_document_is_current() {
    expect_test::expect_file!["../../../docs/configuration.md"].assert_eq(&document());
}
