//! Users: people who log in with a password.

use auth::Caller;
use model::{
    EventType, Name, NewUser, Password, Principal, PrincipalKind, Scope, User, UserId, UserPatch,
    patch,
};
use serde_json::json;
use store::{Tx, logins, users};

use crate::deed::Deed;
use crate::facts::About;
use crate::keys::Revoked;
use crate::{App, Error, gates};

impl App {
    /// Makes a user.
    pub async fn create_user(&self, caller: &Caller, new: NewUser) -> Result<User, Error> {
        caller.may_everywhere(Scope::Admin)?;
        gates::check_maker_of_people(caller)?;
        check_scopes(new.scopes.as_deref())?;
        let hash = self.hash(new.password).await?;
        let scopes = new
            .scopes
            .unwrap_or_else(|| vec![Scope::Read, Scope::Operate]);
        let name = new.name;
        self.write(caller, move |tx, deed| {
            Box::pin(async move {
                if users::by_name(tx, name.as_str()).await?.is_some() {
                    return Err(Error::AlreadyExists(format!(
                        "there is a user {name} already"
                    )));
                }
                create(tx, &deed, name, scopes, &hash).await
            })
        })
        .await
    }

    /// All users by their names.
    pub async fn list_users(&self, caller: &Caller) -> Result<Vec<User>, Error> {
        caller.may_everywhere(Scope::Admin)?;
        Ok(users::list(&mut self.read().await?).await?)
    }

    /// Edits a user. A new password, other scopes and being disabled end the user's logins.
    pub async fn update_user(
        &self,
        caller: &Caller,
        id: UserId,
        mut patch: UserPatch,
    ) -> Result<User, Error> {
        caller.may_everywhere(Scope::Admin)?;
        check_scopes(patch.scopes.as_deref())?;
        let hash = match patch.password.take() {
            Some(password) => {
                gates::check_maker_of_people(caller)?;
                Some(self.hash(password).await?)
            }
            None => None,
        };
        let (user, ended) = self
            .write(caller, move |tx, deed| {
                Box::pin(async move {
                    let user = users::get(tx, id).await?.ok_or(Error::NotFound("user"))?;
                    update(tx, &deed, user, patch, hash).await
                })
            })
            .await?;
        if ended {
            self.keys().revoke(Revoked::LoginsOf(principal(&user)));
        }
        Ok(user)
    }

    /// Deletes a user and the user's logins.
    pub async fn delete_user(&self, caller: &Caller, id: UserId) -> Result<(), Error> {
        caller.may_everywhere(Scope::Admin)?;
        let gone = self
            .write(caller, move |tx, deed| {
                Box::pin(async move {
                    let user = users::get(tx, id).await?.ok_or(Error::NotFound("user"))?;
                    users::delete(tx, id).await?;
                    let message = format!("user {} was deleted", user.name);
                    tell(tx, &deed, EventType::UserDeleted, message, &user, true);
                    Ok(principal(&user))
                })
            })
            .await?;
        self.keys().revoke(Revoked::LoginsOf(gone));
        Ok(())
    }

    /// Hashing is slow on purpose, so it happens elsewhere, and only so often at once.
    async fn hash(&self, password: Password) -> Result<String, Error> {
        let _permit = self.passwords().acquire().await.map_err(Error::internal)?;
        let hashed = tokio::task::spawn_blocking(move || auth::password::hash(&password)).await;
        hashed
            .map_err(Error::internal)?
            .map_err(|error| Error::invalid("/password", error))
    }
}

/// In whose name a user acts.
pub(crate) fn principal(user: &User) -> Principal {
    Principal {
        kind: PrincipalKind::Human,
        name: user.name.clone(),
    }
}

fn check_scopes(scopes: Option<&[Scope]>) -> Result<(), Error> {
    match scopes {
        Some([]) => Err(Error::invalid("/scopes", "must hold at least one")),
        _ => Ok(()),
    }
}

async fn create(
    tx: &mut Tx,
    deed: &Deed,
    name: Name,
    scopes: Vec<Scope>,
    password_hash: &str,
) -> Result<User, Error> {
    let user = User {
        id: UserId::new(),
        name,
        scopes,
        disabled: false,
        created_at: deed.at,
        updated_at: deed.at,
        version: 1,
    };
    users::insert(tx, &user, password_hash).await?;
    let message = format!("user {} was made", user.name);
    tell(tx, deed, EventType::UserCreated, message, &user, false);
    Ok(user)
}

/// Answers whether the user's logins ended.
async fn update(
    tx: &mut Tx,
    deed: &Deed,
    mut user: User,
    patch: UserPatch,
    password_hash: Option<String>,
) -> Result<(User, bool), Error> {
    if patch.version.is_some_and(|version| version != user.version) {
        return Err(Error::stale(&user));
    }
    let scoped = patch::set(&mut user.scopes, patch.scopes);
    let disabled = patch::set(&mut user.disabled, patch.disabled);
    if !scoped && !disabled && password_hash.is_none() {
        return Ok((user, false));
    }
    if let Some(hash) = &password_hash {
        users::set_password(tx, user.id, hash).await?;
    }
    user.updated_at = deed.at;
    users::update(tx, &mut user).await?;
    let ends = scoped || password_hash.is_some() || (disabled && user.disabled);
    if ends {
        logins::delete_of_user(tx, user.id).await?;
    }
    let message = format!("user {} was edited", user.name);
    tell(tx, deed, EventType::UserUpdated, message, &user, ends);
    Ok((user, ends))
}

fn tell(
    tx: &mut Tx,
    deed: &Deed,
    event: EventType,
    message: String,
    user: &User,
    logins_ended: bool,
) {
    let logins_of = logins_ended.then(|| principal(user).to_string());
    let fact = deed.fact(event, message);
    tx.append(fact.with(json!({ "user_id": user.id, "name": user.name, "logins_of": logins_of })));
}
