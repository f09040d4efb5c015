//! The dialogue with a mail server: one connection and one message. Each receiver is answered for alone, so that a mailbox
//! that is refused keeps the mail from nobody else.

use std::net::SocketAddr;

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::transport::smtp::response::Response;
use model::MailSecurity;

use crate::email::Post;
use crate::http::PATIENCE;

/// What came of a message.
#[derive(Debug)]
pub(crate) struct Handed {
    /// Who of the receivers has it.
    pub(crate) reached: Vec<Address>,
    /// Who has not, and why.
    pub(crate) refused: Vec<(Address, Error)>,
    /// The server's last word, where somebody has it.
    pub(crate) taken: Option<Response>,
}

/// Connects as the target asks for, and logs in.
pub(crate) async fn connect(
    post: &Post<'_>,
    address: SocketAddr,
) -> Result<AsyncSmtpConnection, Error> {
    let hello = ClientId::Domain("dashboardd".to_owned());
    // The connection goes to the address that was checked; its certificate is for the name.
    let guarded = || TlsParameters::new(post.host.to_owned());
    let wrapped = match post.security {
        MailSecurity::Tls => Some(guarded()?),
        MailSecurity::Starttls | MailSecurity::None => None,
    };
    let patience = Some(PATIENCE);
    let connecting = AsyncSmtpConnection::connect_tokio1(address, patience, &hello, wrapped, None);
    let mut connection = connecting.await?;
    if post.security == MailSecurity::Starttls {
        connection.starttls(guarded()?, &hello).await?;
    }
    if let Some((name, password)) = post.login {
        let credentials = Credentials::new(name.to_owned(), password.to_owned());
        connection.auth(DEFAULT_MECHANISMS, &credentials).await?;
    }
    Ok(connection)
}

/// Hands a message over to everybody whom the server takes it for.
pub(crate) async fn hand_over(
    connection: &mut AsyncSmtpConnection,
    from: Option<Address>,
    to: Vec<Address>,
    mail: &[u8],
) -> Result<Handed, Error> {
    let mut all = from.iter().chain(&to);
    let is_international = all.any(|one| !AsRef::<str>::as_ref(one).is_ascii());
    let mut options = Vec::new();
    // Where the server knows nothing of such addresses, it refuses them itself.
    if is_international
        && connection
            .server_info()
            .supports_feature(Extension::SmtpUtfEight)
    {
        options.push(MailParameter::SmtpUtfEight);
    }
    connection.command(Mail::new(from, options)).await?;
    let (mut reached, mut refused) = (Vec::new(), Vec::new());
    for address in to {
        match connection
            .command(Rcpt::new(address.clone(), Vec::new()))
            .await
        {
            Ok(_) => reached.push(address),
            Err(error) if error.status().is_some() => refused.push((address, error)),
            Err(error) => return Err(error),
        }
    }
    let mut taken = None;
    if !reached.is_empty() {
        connection.command(Data).await?;
        taken = Some(connection.message(mail).await?);
    }
    Ok(Handed {
        reached,
        refused,
        taken,
    })
}
