//! `dashctl login`: remembers a server and a token, after the server has accepted the token.

use std::io::{BufRead, IsTerminal, Write};

use anyhow::Context as _;
use clap::Args;
use client::Client;

use crate::cli::Global;
use crate::config::{Config, Context};
use crate::connect::DEFAULT_SERVER;
use crate::exit::Refused;
use crate::print::Printer;

#[derive(Debug, Args)]
pub(crate) struct LoginArgs {
    /// The server's address [default: that of the context, or http://127.0.0.1:8080]
    #[arg(value_name = "URL")]
    address: Option<String>,
    /// The name under which to remember it
    #[arg(long, default_value = "default")]
    name: String,
}

/// Asks for a token where none is given, tries it, and remembers it.
pub(crate) async fn login(
    global: &Global,
    printer: &Printer,
    args: LoginArgs,
) -> anyhow::Result<()> {
    let mut config = Config::load()?;
    let context = config.context(global.context.as_deref())?;
    let server = args
        .address
        .or_else(|| global.given_server())
        .or_else(|| context.map(|context| context.server.clone()))
        .unwrap_or_else(|| DEFAULT_SERVER.to_owned());
    let token = match global.given_token() {
        Some(token) => token,
        None => ask_for_token()?,
    };
    let client = Client::http(&server, Some(&token))?;
    let me = client
        .get_me()
        .await
        .with_context(|| format!("log in at {server}"))?;
    config.contexts.insert(
        args.name.clone(),
        Context {
            server: server.clone(),
            token: Some(token),
        },
    );
    config.current = Some(args.name.clone());
    config.save()?;
    let scopes: Vec<_> = me.scopes.iter().map(|scope| scope.as_str()).collect();
    printer.say(&format!(
        "Logged in at {server} as {} ({}). Remembered as context `{}`.",
        me.principal.name,
        scopes.join(", "),
        args.name
    ));
    Ok(())
}

/// Forgets the token, keeps the server.
pub(crate) fn logout(global: &Global) -> anyhow::Result<()> {
    let mut config = Config::load()?;
    let name = global.context.clone().or_else(|| config.current.clone());
    let Some(name) = name else {
        return Err(Refused::not_found("there is no context to log out of"));
    };
    let found = config.contexts.get_mut(&name);
    found
        .ok_or_else(|| Refused::not_found(format!("there is no context `{name}`")))?
        .token = None;
    config.save()
}

fn ask_for_token() -> anyhow::Result<String> {
    let input = std::io::stdin();
    if input.is_terminal() {
        write!(std::io::stderr(), "Token: ")?;
        std::io::stderr().flush()?;
    }
    let _hidden = HiddenInput::begin();
    let mut line = String::new();
    input.lock().read_line(&mut line)?;
    let token = line.trim();
    if token.is_empty() {
        return Err(Refused::not_allowed(
            "no token was given: the server prints one at its first start, and `dashboardd token create` makes more",
        ));
    }
    Ok(token.to_owned())
}

/// While it lives, the terminal does not show what is typed.
struct HiddenInput(Option<nix::sys::termios::Termios>);

impl HiddenInput {
    fn begin() -> Self {
        use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};
        let Ok(before) = tcgetattr(std::io::stdin()) else {
            return Self(None);
        };
        let mut hidden = before.clone();
        hidden.local_flags.remove(LocalFlags::ECHO);
        hidden.local_flags.insert(LocalFlags::ECHONL);
        tcsetattr(std::io::stdin(), SetArg::TCSANOW, &hidden).ok();
        Self(Some(before))
    }
}

impl Drop for HiddenInput {
    fn drop(&mut self) {
        use nix::sys::termios::{SetArg, tcsetattr};
        if let Some(before) = &self.0 {
            tcsetattr(std::io::stdin(), SetArg::TCSANOW, before).ok();
        }
    }
}
