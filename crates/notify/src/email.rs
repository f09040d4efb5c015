//! Mail by SMTP.

use lettre::message::{Mailbox, Message as Mail, header::ContentType};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use model::{MailSecurity, Title};
use url::Host;

use crate::address::{NotFound, Reach};
use crate::http::{PATIENCE, choose_crypto};
use crate::{Failure, Hope, Message, Receipt};

/// Longer texts are cut.
const MOST: usize = 100_000;

/// A server for mail, and who writes to whom.
pub(crate) struct Post<'target> {
    pub(crate) host: &'target str,
    pub(crate) port: Option<u16>,
    pub(crate) security: MailSecurity,
    pub(crate) login: Option<(&'target str, &'target str)>,
    pub(crate) from: &'target Title,
    pub(crate) to: &'target [Title],
}

pub(crate) async fn send(
    reach: Reach,
    post: Post<'_>,
    message: &Message,
) -> Result<Receipt, Failure> {
    let mail = write(&post, message).map_err(|error| Failure::unreached(error, Hope::None))?;
    let mut answer = Err(Failure::unreached("cannot be reached", Hope::Later));
    for address in addresses(reach, &post).await? {
        // The connection goes to the address that was checked; its certificate is for the name.
        let transport = transport(&post, &address.ip().to_string(), address.port())?;
        answer = match tokio::time::timeout(PATIENCE * 2, transport.send(mail.clone())).await {
            Ok(sent) => sent.map(taken).map_err(|error| refused(&error)),
            Err(_) => Err(Failure::unreached("the server takes too long", Hope::Later)),
        };
        let was_reached = answer
            .as_ref()
            .map_or_else(|it| it.status.is_some(), |_| true);
        if was_reached {
            break;
        }
    }
    answer
}

async fn addresses(reach: Reach, post: &Post<'_>) -> Result<Vec<std::net::SocketAddr>, Failure> {
    let port = post.port.unwrap_or(usual_port(post.security));
    let host = Host::parse(post.host)
        .map_err(|error| Failure::unreached(error.to_string(), Hope::None))?;
    let name = match &host {
        Host::Ipv6(address) => address.to_string(),
        other => other.to_string(),
    };
    let found = reach.resolve(&name, port).await;
    found.map_err(|error| {
        let hope = match error {
            NotFound::Refused(_) => Hope::None,
            NotFound::Unknown(_) => Hope::Later,
        };
        Failure::unreached(error.to_string(), hope)
    })
}

const fn usual_port(security: MailSecurity) -> u16 {
    match security {
        MailSecurity::Tls => 465,
        MailSecurity::Starttls => 587,
        MailSecurity::None => 25,
    }
}

fn transport(
    post: &Post<'_>,
    address: &str,
    port: u16,
) -> Result<AsyncSmtpTransport<Tokio1Executor>, Failure> {
    choose_crypto();
    let parameters = || {
        TlsParameters::new(post.host.to_owned())
            .map_err(|error| Failure::unreached(error.to_string(), Hope::None))
    };
    let tls = match post.security {
        MailSecurity::Tls => Tls::Wrapper(parameters()?),
        MailSecurity::Starttls => Tls::Required(parameters()?),
        MailSecurity::None => Tls::None,
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address)
        .port(port)
        .tls(tls)
        .hello_name(ClientId::Domain("dashboardd".to_owned()))
        .timeout(Some(PATIENCE));
    if let Some((name, password)) = post.login {
        builder = builder.credentials(Credentials::new(name.to_owned(), password.to_owned()));
    }
    Ok(builder.build())
}

fn write(post: &Post<'_>, message: &Message) -> Result<Mail, String> {
    let from = mailbox(post.from).ok_or("the sender is no mail address")?;
    let domain = from.email.domain().to_owned();
    let mut mail = Mail::builder()
        // A mail that is sent twice after a crash is the same mail.
        .message_id(Some(format!("<{}@{domain}>", message.id)))
        .from(from)
        .subject(message.heading())
        .header(ContentType::TEXT_PLAIN);
    for one in post.to {
        mail = mail.to(mailbox(one).ok_or("a receiver is no mail address")?);
    }
    mail.body(message.plain(MOST))
        .map_err(|error| error.to_string())
}

/// `ada@example.org`, or `Ada <ada@example.org>`.
pub(crate) fn mailbox(text: &Title) -> Option<Mailbox> {
    text.as_str().parse().ok()
}

fn taken(response: lettre::transport::smtp::response::Response) -> Receipt {
    Receipt {
        status: Some(u16::from(response.code())),
        answer: response.message().collect::<Vec<_>>().join(" "),
    }
}

fn refused(error: &lettre::transport::smtp::Error) -> Failure {
    use std::error::Error as _;
    let cause = error.source().map(ToString::to_string);
    Failure {
        status: error.status().map(u16::from),
        answer: cause.unwrap_or_else(|| error.to_string()),
        hope: if error.is_permanent() {
            Hope::None
        } else {
            Hope::Later
        },
    }
}
