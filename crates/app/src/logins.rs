//! Logins: how people come in with a password, a token or a one-time code, how they leave, and who anybody is.

use std::net::IpAddr;

use auth::{Caller, Credential as By, Scopes, Secret, SecretHash, csrf_matches, csrf_token};
use model::{
    EventType, Fact, Login, LoginId, LoginRequest, Me, Name, Password, Principal, PrincipalKind,
    Scope, Timestamp, UserId,
};
use serde_json::json;
use store::{Tx, logins, meta, users as kept_users};

use crate::deed::Deed;
use crate::facts::About;
use crate::keys::Revoked;
use crate::{App, Error, projects, tokens, users};

/// How long a login lasts, in seconds.
const LOGIN_SECONDS: i64 = 14 * 24 * 3600;
/// How long the code of a login link may be used, in seconds.
const CODE_SECONDS: i64 = 600;
/// Remembers that the first start is over.
const STARTED: &str = "started";

/// What somebody presents to be recognised.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    /// A token.
    Bearer(&'a str),
    /// The secret of a login cookie.
    Login {
        /// The cookie's secret.
        secret: &'a str,
        /// The proof that the page could read our answers.
        csrf: Csrf<'a>,
    },
    /// A ticket for one stream.
    StreamTicket(&'a str),
}

/// The proof that a page could read our answers.
#[derive(Clone, Copy)]
pub enum Csrf<'a> {
    /// Nothing is changed, so none is needed.
    NotNeeded,
    /// What the page sent, if anything.
    Sent(Option<&'a str>),
}

/// Somebody who has logged in.
pub struct LoggedIn {
    /// Who it is.
    pub me: Me,
    /// The secret for the cookie.
    pub secret: String,
    /// When the login ends.
    pub expires_at: Timestamp,
}

/// What is shown once, at the first start.
pub struct FirstStart {
    /// The first token; none where one was given.
    pub admin_token: Option<String>,
    /// The code of the first login link.
    pub login_code: String,
}

impl App {
    /// Recognises a caller. It neither reads nor writes for one who was recognised before.
    pub async fn authenticate(&self, presented: Credential<'_>) -> Result<Caller, Error> {
        match presented {
            Credential::Bearer(secret) => self.holder(secret).await,
            Credential::Login { secret, csrf } => self.logged_in(secret, csrf).await,
            Credential::StreamTicket(ticket) => {
                let found = self.stream_tickets().redeem(ticket, self.clock().now());
                found.ok_or(Error::Unauthenticated(
                    "the ticket is not known, or was used, or has expired",
                ))
            }
        }
    }

    /// Logs in: with name and password, with a token, or with the code of a login link.
    pub async fn login(&self, request: LoginRequest, from: IpAddr) -> Result<LoggedIn, Error> {
        let who = match request {
            LoginRequest {
                user: Some(user),
                password: Some(password),
                token: None,
                code: None,
            } => self.by_password(user.as_str(), password, from).await?,
            LoginRequest {
                user: None,
                password: None,
                token: Some(token),
                code: None,
            } => self.attempt(from, "(token)", self.by_token(&token)).await?,
            LoginRequest {
                user: None,
                password: None,
                token: None,
                code: Some(code),
            } => self.attempt(from, "(code)", self.by_code(&code)).await?,
            _ => {
                return Err(Error::invalid(
                    "",
                    "give user and password, or token, or code",
                ));
            }
        };
        self.admit(who).await
    }

    /// Ends the caller's login. Who came with a token has nothing to end.
    pub async fn logout(&self, caller: &Caller) -> Result<(), Error> {
        let By::Login(id) = caller.credential else {
            return Ok(());
        };
        self.write(caller, move |tx, deed| {
            Box::pin(async move {
                if logins::delete(tx, id).await? {
                    let message = format!("{} logged out", deed.caller.principal.name);
                    tx.append(
                        deed.fact(EventType::LoggedOut, message)
                            .with(json!({ "login_id": id })),
                    );
                }
                Ok(())
            })
        })
        .await?;
        self.keys().revoke(Revoked::Login(id));
        Ok(())
    }

    /// Who the caller is. The proof against forged requests belongs to the cookie, which is not known here.
    pub async fn me(&self, caller: &Caller) -> Result<Me, Error> {
        let current_project = projects::current_slug(&mut self.read().await?, caller).await?;
        Ok(Me {
            principal: caller.principal.clone(),
            scopes: caller.scopes.to_vec(),
            project_id: caller.project,
            current_project,
            expires_at: caller.expires_at,
            csrf_token: None,
        })
    }

    /// Refuses a caller whose right was taken away since it was recognised: a ticket for a stream may be older.
    pub(crate) async fn check_still_holds(&self, caller: &Caller) -> Result<(), Error> {
        let mut read = self.read().await?;
        let holds = match caller.credential {
            By::Token(id) => {
                let token = store::tokens::get(&mut read, id).await?;
                token.is_some_and(|token| token.revoked_at.is_none())
            }
            By::Login(id) => logins::get(&mut read, id).await?.is_some(),
            By::Host => true,
        };
        if holds {
            Ok(())
        } else {
            Err(Error::Unauthenticated("this right was taken away"))
        }
    }

    /// Makes the first token and the first login link, on a database that has never been started.
    pub async fn first_start(&self) -> Result<Option<FirstStart>, Error> {
        let deed = Deed::of_server(self.clock().now());
        let first = self
            .store()
            .write(move |tx| Box::pin(async move { start_first(tx, &deed).await }))
            .await?;
        Ok(first.map(|admin_token| FirstStart {
            admin_token,
            login_code: self.login_code(),
        }))
    }

    /// A code that logs somebody in as the admin, once, within ten minutes.
    #[must_use]
    pub fn login_code(&self) -> String {
        let now = self.clock().now();
        self.login_codes()
            .issue((), now, now.plus_seconds(CODE_SECONDS))
            .reveal()
            .to_owned()
    }

    async fn logged_in(&self, secret: &str, csrf: Csrf<'_>) -> Result<Caller, Error> {
        let hash = SecretHash::of(secret);
        let caller = match self.keys().get(&hash) {
            Ok(caller) => caller,
            Err(before) => {
                let login =
                    logins::by_secret_hash(&mut self.read().await?, hash.as_bytes()).await?;
                let caller = caller_of(&login.ok_or(Error::Unauthenticated("the login is over"))?);
                self.keys().learn(before, hash, caller.clone());
                caller
            }
        };
        if caller.has_expired(self.clock().now()) {
            return Err(Error::Unauthenticated("the login is over"));
        }
        match csrf {
            Csrf::Sent(sent) if !csrf_matches(secret, sent.unwrap_or_default()) => Err(
                Error::Forbidden("send the login's csrf_token as X-CSRF-Token".to_owned()),
            ),
            _ => Ok(caller),
        }
    }

    async fn by_password(
        &self,
        user: &str,
        password: Password,
        from: IpAddr,
    ) -> Result<Who, Error> {
        let kept = kept_users::by_name(&mut self.read().await?, user).await?;
        let check = self.check_password(kept, password);
        self.attempt(from, user, check).await
    }

    async fn check_password(
        &self,
        kept: Option<(model::User, String)>,
        password: Password,
    ) -> Result<Option<Who>, Error> {
        let _permit = self.passwords().acquire().await.map_err(Error::internal)?;
        let hash = kept.as_ref().map(|(_, hash)| hash.clone());
        let verify = move || auth::password::verify(&password, hash.as_deref());
        let right = tokio::task::spawn_blocking(verify)
            .await
            .map_err(Error::internal)?;
        let user = kept
            .map(|(user, _)| user)
            .filter(|user| right && !user.disabled);
        Ok(user.map(|user| Who {
            user: Some(user.id),
            principal: users::principal(&user),
            scopes: user.scopes,
            expires_at: None,
        }))
    }

    async fn by_token(&self, token: &Password) -> Result<Option<Who>, Error> {
        let holder = match self.holder(&token.0).await {
            Ok(holder) => holder,
            Err(Error::Unauthenticated(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        if holder.project.is_some() || holder.run.is_some() {
            return Err(Error::Forbidden(
                "a token that is restricted to a project cannot log in".to_owned(),
            ));
        }
        Ok(Some(Who {
            user: None,
            principal: holder.principal,
            scopes: holder.scopes.to_vec(),
            expires_at: holder.expires_at,
        }))
    }

    async fn by_code(&self, code: &Password) -> Result<Option<Who>, Error> {
        let found = self.login_codes().redeem(&code.0, self.clock().now());
        Ok(found.map(|()| Who {
            user: None,
            principal: Principal {
                kind: PrincipalKind::Human,
                name: Name::lossy("admin"),
            },
            scopes: vec![Scope::Admin],
            expires_at: None,
        }))
    }

    /// Counts an attempt, makes it, and says so when it failed.
    async fn attempt(
        &self,
        from: IpAddr,
        user: &str,
        check: impl Future<Output = Result<Option<Who>, Error>>,
    ) -> Result<Who, Error> {
        let now = self.clock().now();
        self.attempts()
            .begin(from, user, now)
            .map_err(|refused| Error::RateLimited {
                retry_after: u64::try_from(refused.retry_after_seconds).unwrap_or(1),
            })?;
        if let Some(who) = check.await? {
            self.attempts().succeeded(from, user);
            return Ok(who);
        }
        self.store().append(vec![failed(from, now)]).await?;
        Err(Error::Unauthenticated(
            "the secret is not right, or is not valid any more",
        ))
    }

    async fn admit(&self, who: Who) -> Result<LoggedIn, Error> {
        let secret = Secret::new("");
        let hash = secret.hash();
        let at = self.clock().now();
        let longest = at.plus_seconds(LOGIN_SECONDS);
        let login = Login {
            id: LoginId::new(),
            user_id: who.user,
            principal: who.principal,
            scopes: who.scopes,
            created_at: at,
            expires_at: who.expires_at.map_or(longest, |end| end.min(longest)),
        };
        let caller = caller_of(&login);
        let expires_at = login.expires_at;
        self.write_secret(&caller, move |tx, deed| {
            Box::pin(async move { enter(tx, &deed, &login, &hash).await })
        })
        .await?;
        let me = Me {
            csrf_token: Some(csrf_token(secret.reveal())),
            ..self.me(&caller).await?
        };
        Ok(LoggedIn {
            me,
            secret: secret.reveal().to_owned(),
            expires_at,
        })
    }
}

/// Somebody who may come in.
struct Who {
    user: Option<UserId>,
    principal: Principal,
    scopes: Vec<Scope>,
    expires_at: Option<Timestamp>,
}

fn caller_of(login: &Login) -> Caller {
    Caller {
        principal: login.principal.clone(),
        scopes: Scopes::from(&login.scopes),
        project: None,
        run: None,
        lease_epoch: None,
        credential: By::Login(login.id),
        expires_at: Some(login.expires_at),
    }
}

async fn enter(tx: &mut Tx, deed: &Deed, login: &Login, hash: &SecretHash) -> Result<(), Error> {
    logins::insert(tx, login, hash.as_bytes()).await?;
    let message = format!("{} logged in", login.principal.name);
    tx.append(
        deed.fact(EventType::LoggedIn, message)
            .with(json!({ "login_id": login.id })),
    );
    Ok(())
}

/// What was typed as a name may be a password by mistake, so it is not kept.
fn failed(from: IpAddr, at: Timestamp) -> Fact {
    let deed = Deed::of_server(at);
    let message = format!("a login from {from} failed");
    deed.fact(EventType::LoginFailed, message)
        .with(json!({ "from": from.to_string() }))
}

/// `None` after the first time.
async fn start_first(tx: &mut Tx, deed: &Deed) -> Result<Option<Option<String>>, Error> {
    if meta::setting(tx, STARTED).await?.is_some() {
        return Ok(None);
    }
    meta::set(tx, STARTED, &deed.at.to_string()).await?;
    if !store::tokens::list(tx).await?.is_empty() {
        return Ok(Some(None));
    }
    let created = tokens::add(tx, deed, tokens::admin(deed), &Secret::token()).await?;
    Ok(Some(Some(created.secret)))
}
