//! Which server to call, and with which token: flag, environment, context, in this order.

use client::Client;

use crate::cli::Global;
use crate::config::Config;
use crate::exit::Refused;

pub(crate) const DEFAULT_SERVER: &str = "http://127.0.0.1:8080";

/// A client for the server that is meant.
pub(crate) fn connect(global: &Global) -> anyhow::Result<Client> {
    let config = Config::load()?;
    let context = config.context(global.context.as_deref())?;
    let server = global
        .given_server()
        .or_else(|| context.map(|context| context.server.clone()))
        .unwrap_or_else(|| DEFAULT_SERVER.to_owned());
    // A context's token belongs to the context's server and is shown to no other.
    let token = global.given_token().or_else(|| {
        context
            .filter(|context| context.server == server)
            .and_then(|context| context.token.clone())
    });
    if !server.contains("://") {
        let meant = format!("did you mean `http://{server}`?");
        let why = format!("`{server}` is no address of a server: {meant}");
        return Err(Refused::invalid(why));
    }
    let client = Client::http(&server, token.as_deref());
    client.map_err(|error| Refused::invalid(format!("talk to {server}: {error}")))
}
