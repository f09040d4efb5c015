//! Mail by SMTP.

use std::net::SocketAddr;
use std::time::Duration;

use lettre::Address;
use lettre::message::{Mailbox, Message as Mail, header::ContentType};
use lettre::transport::smtp;
use model::{MailSecurity, Title};
use tokio::time::timeout;
use url::Host;

use crate::address::{NotFound, Reach};
use crate::dialogue::{Handed, connect, hand_over};
use crate::http::{PATIENCE, choose_crypto};
use crate::{Failure, Hope, Message, Receipt};

/// Longer texts are cut.
const MOST: usize = 100_000;
/// Longer nobody waits for a server to say goodbye.
const FAREWELL: Duration = Duration::from_secs(1);

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
    choose_crypto();
    let hopeless = |error| Failure::unreached(error, Hope::None);
    let mail = write(&post, message).map_err(hopeless)?;
    let has_it = |to: &Address| {
        message
            .reached
            .iter()
            .any(|address| *address == to.to_string())
    };
    let mut to = mail.envelope().to().to_vec();
    to.retain(|to| !has_it(to));
    if to.is_empty() {
        return Ok(Receipt {
            status: None,
            answer: "every receiver has it".to_owned(),
        });
    }
    let mut answer = Err(Failure::unreached("cannot be reached", Hope::Later));
    for address in addresses(reach, &post).await? {
        let talking = talk(&post, address, to.clone(), &mail);
        answer = match timeout(PATIENCE * 2, talking).await {
            Ok(Ok(handed)) => told(handed),
            Ok(Err(error)) => Err(refused(&error)),
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

async fn talk(
    post: &Post<'_>,
    address: SocketAddr,
    to: Vec<Address>,
    mail: &Mail,
) -> Result<Handed, smtp::Error> {
    let mut connection = connect(post, address).await?;
    let from = mail.envelope().from().cloned();
    let handed = hand_over(&mut connection, from, to, &mail.formatted()).await;
    // The server hears that nothing more comes; what it says to that changes nothing.
    timeout(FAREWELL, connection.abort()).await.ok();
    handed
}

async fn addresses(reach: Reach, post: &Post<'_>) -> Result<Vec<SocketAddr>, Failure> {
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

fn write(post: &Post<'_>, message: &Message) -> Result<Mail, String> {
    let from = mailbox(post.from).ok_or("the sender is no mail address")?;
    let domain = from.email.domain().to_owned();
    let mut mail = Mail::builder()
        // A mail that is sent twice after a crash is the same mail.
        .message_id(Some(format!("<{}@{domain}>", message.id)))
        .from(from)
        .subject(message.subject())
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

/// Where somebody was refused, it is a failure: a person should know, and those who have it are not written to again.
fn told(handed: Handed) -> Result<Receipt, Failure> {
    let said: Vec<_> = handed
        .refused
        .iter()
        .map(|(to, error)| format!("{to}: {}", words(error)))
        .collect();
    match (handed.refused.first(), handed.taken) {
        (None, Some(response)) => Ok(Receipt {
            status: Some(u16::from(response.code())),
            answer: response.message().collect::<Vec<_>>().join(" "),
        }),
        (first, _) => {
            let is_hopeless = |(_, error): &(Address, smtp::Error)| error.is_permanent();
            let all_hopeless = handed.refused.iter().all(is_hopeless);
            Err(Failure {
                status: first.and_then(|(_, error)| error.status()).map(u16::from),
                answer: said.join("; "),
                hope: if all_hopeless {
                    Hope::None
                } else {
                    Hope::Later
                },
                reached: handed.reached.iter().map(ToString::to_string).collect(),
            })
        }
    }
}

fn refused(error: &smtp::Error) -> Failure {
    Failure {
        status: error.status().map(u16::from),
        answer: words(error),
        hope: if error.is_permanent() {
            Hope::None
        } else {
            Hope::Later
        },
        reached: Vec::new(),
    }
}

fn words(error: &smtp::Error) -> String {
    use std::error::Error as _;
    let cause = error.source().map(ToString::to_string);
    cause.unwrap_or_else(|| error.to_string())
}
