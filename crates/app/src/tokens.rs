//! Tokens: made with a secret that is shown once, recognised without asking the store, revoked at once.

use auth::{Caller, Credential as By, OwnRun, Scopes, Secret, SecretHash};
use model::{
    EventType, Name, NewToken, Principal, PrincipalKind, ProjectRef, Scope, Token, TokenCreated,
    TokenId,
};
use serde_json::json;
use store::{Tx, logins, runs, tokens};

use crate::deed::Deed;
use crate::facts::About;
use crate::keys::Revoked;
use crate::{App, Error, gates};

impl App {
    /// Makes a token. Nobody gives more than he has.
    pub async fn create_token(
        &self,
        caller: &Caller,
        new: NewToken,
    ) -> Result<TokenCreated, Error> {
        caller.may_everywhere(Scope::Admin)?;
        let project_id = match &new.project {
            Some(project) => {
                let project: ProjectRef = project
                    .parse()
                    .map_err(|error| Error::invalid("/project", error))?;
                let id = self.id_of_project(&project).await?;
                Some(id.ok_or_else(|| Error::invalid("/project", "there is no such project"))?)
            }
            None => None,
        };
        self.write_secret(caller, move |tx, deed| {
            Box::pin(async move {
                check(&deed, &new)?;
                let token = Token {
                    project_id,
                    ..from_new(&deed, new)
                };
                add(tx, &deed, token, &Secret::token()).await
            })
        })
        .await
    }

    /// All tokens but those of runs, newest first.
    pub async fn list_tokens(&self, caller: &Caller) -> Result<Vec<Token>, Error> {
        caller.may_everywhere(Scope::Admin)?;
        Ok(tokens::list(&mut self.read().await?).await?)
    }

    /// Revokes a token at once: its streams close, and logins that were made by it end.
    pub async fn revoke_token(&self, caller: &Caller, id: TokenId) -> Result<Token, Error> {
        caller.may_everywhere(Scope::Admin)?;
        let (token, principal) = self
            .write(caller, move |tx, deed| {
                Box::pin(async move { revoke(tx, &deed, id).await })
            })
            .await?;
        self.keys().revoke(Revoked::Token(id));
        if let Some(principal) = principal {
            self.keys().revoke(Revoked::LoginsOf(principal));
        }
        Ok(token)
    }

    /// Who holds this bearer token.
    pub(crate) async fn holder(&self, secret: &str) -> Result<Caller, Error> {
        let hash = SecretHash::of(secret);
        let now = self.clock().now();
        let caller = match self.keys().get(&hash) {
            Ok(caller) => caller,
            Err(before) => {
                let caller = self.read_holder(&hash).await?;
                self.keys().learn(before, hash, caller.clone());
                caller
            }
        };
        if caller.has_expired(now) {
            return Err(Error::Unauthenticated("the token has expired"));
        }
        self.keys().note_use(&caller, now);
        Ok(caller)
    }

    async fn read_holder(&self, hash: &SecretHash) -> Result<Caller, Error> {
        let mut read = self.read().await?;
        let token = tokens::by_secret_hash(&mut read, hash.as_bytes()).await?;
        let token = token.ok_or(Error::Unauthenticated("the token is not known"))?;
        if token.revoked_at.is_some() {
            return Err(Error::Unauthenticated("the token was revoked"));
        }
        let run = match token.run_id {
            Some(id) => {
                let run = runs::get(&mut read, id).await?;
                let run = run.ok_or(Error::Unauthenticated("the run of this token is gone"))?;
                Some(OwnRun {
                    run: run.id,
                    task: run.task_id,
                })
            }
            None => None,
        };
        Ok(Caller {
            principal: principal(&token),
            scopes: Scopes::from(&token.scopes),
            project: token.project_id,
            run,
            lease_epoch: None,
            credential: By::Token(token.id),
            expires_at: token.expires_at,
        })
    }

    /// Makes the token that somebody gave, where it is not there yet.
    pub(crate) async fn give_admin_token(&self, secret: &str) -> Result<(), Error> {
        let secret = Secret::given(secret).map_err(|error| Error::invalid("admin_token", error))?;
        let deed = Deed::of_server(self.clock().now());
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    let hash = secret.hash();
                    if tokens::by_secret_hash(tx, hash.as_bytes()).await?.is_none() {
                        add(tx, &deed, admin(&deed), &secret).await?;
                    }
                    Ok::<_, Error>(())
                })
            })
            .await
    }
}

fn check(deed: &Deed, new: &NewToken) -> Result<(), Error> {
    let scopes = Scopes::from(&new.scopes);
    if scopes.is_empty() {
        return Err(Error::invalid("/scopes", "must hold at least one"));
    }
    if !deed.caller.scopes.cover(scopes) {
        return Err(Error::Forbidden(
            "a token may do no more than who makes it".to_owned(),
        ));
    }
    if new.kind == Some(PrincipalKind::Human) {
        gates::check_maker_of_people(&deed.caller)?;
    }
    if new.expires_at.is_some_and(|end| end <= deed.at) {
        return Err(Error::invalid("/expires_at", "must lie ahead"));
    }
    Ok(())
}

fn from_new(deed: &Deed, new: NewToken) -> Token {
    Token {
        name: new.name,
        kind: new.kind.unwrap_or(PrincipalKind::Service),
        scopes: new.scopes,
        expires_at: new.expires_at,
        ..admin(deed)
    }
}

/// The first token: it may do everything.
pub(crate) fn admin(deed: &Deed) -> Token {
    Token {
        id: TokenId::new(),
        name: Name::lossy("admin"),
        kind: PrincipalKind::Human,
        scopes: vec![Scope::Admin],
        prefix: String::new(),
        project_id: None,
        run_id: None,
        created_by: deed.by(),
        created_at: deed.at,
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    }
}

/// Keeps a token under the hash of its secret.
pub(crate) async fn add(
    tx: &mut Tx,
    deed: &Deed,
    token: Token,
    secret: &Secret,
) -> Result<TokenCreated, Error> {
    let token = Token {
        prefix: secret.prefix(),
        ..token
    };
    tokens::insert(tx, &token, secret.hash().as_bytes()).await?;
    let message = format!("token {} was made", token.name);
    let mut fact = deed.fact(EventType::TokenCreated, message);
    fact.project_id = token.project_id;
    tx.append(
        fact.with(json!({ "token_id": token.id, "name": token.name, "scopes": token.scopes })),
    );
    Ok(TokenCreated {
        token,
        secret: secret.reveal().to_owned(),
    })
}

/// Answers in whose name logins ended with it, too.
async fn revoke(
    tx: &mut Tx,
    deed: &Deed,
    id: TokenId,
) -> Result<(Token, Option<Principal>), Error> {
    let mut token = tokens::get(tx, id).await?.ok_or(Error::NotFound("token"))?;
    if !tokens::revoke(tx, id, deed.at).await? {
        return Ok((token, None));
    }
    token.revoked_at = Some(deed.at);
    let who = principal(&token);
    let ended = logins::delete_by_token(tx, &who).await?;
    let who = (!ended.is_empty()).then_some(who);
    let message = format!("token {} was revoked", token.name);
    let mut fact = deed.fact(EventType::TokenRevoked, message);
    fact.project_id = token.project_id;
    let logins_of = who.as_ref().map(ToString::to_string);
    tx.append(fact.with(json!({ "token_id": id, "name": token.name, "logins_of": logins_of })));
    Ok((token, who))
}

fn principal(token: &Token) -> Principal {
    Principal {
        kind: token.kind,
        name: token.name.clone(),
    }
}
