//! Tokens, users and logins.

use std::net::{IpAddr, Ipv4Addr};

use app::{App, Credential, Csrf, Error, LoggedIn, Options};
use bus::Bus;
use model::{
    LoginRequest, Name, NewToken, NewUser, Password, Scope, Text, TokenCreated, UserPatch,
};
use store::{Database, Store};

use crate::support::*;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn new_token(name: &str, scopes: &[Scope]) -> NewToken {
    NewToken {
        name: Name::lossy(name),
        kind: None,
        scopes: scopes.to_vec(),
        project: None,
        expires_at: None,
    }
}

async fn token(world: &World, scopes: &[Scope]) -> TokenCreated {
    world
        .app
        .create_token(&admin(), new_token("bot", scopes))
        .await
        .unwrap()
}

fn by_password(user: &str, password: &str) -> LoginRequest {
    LoginRequest {
        user: Some(Text::lossy(user)),
        password: Some(Password(password.to_owned())),
        ..LoginRequest::default()
    }
}

fn by_token(secret: &str) -> LoginRequest {
    LoginRequest {
        token: Some(Password(secret.to_owned())),
        ..LoginRequest::default()
    }
}

fn by_code(code: &str) -> LoginRequest {
    LoginRequest {
        code: Some(Password(code.to_owned())),
        ..LoginRequest::default()
    }
}

async fn user(world: &World, name: &str) -> model::User {
    let new = NewUser {
        name: Name::lossy(name),
        password: Password("correct horse".to_owned()),
        scopes: None,
    };
    world.app.create_user(&admin(), new).await.unwrap()
}

fn cookie(login: &LoggedIn) -> Credential<'_> {
    Credential::Login {
        secret: &login.secret,
        csrf: Csrf::NotNeeded,
    }
}

#[tokio::test]
async fn a_token_is_recognised_until_it_is_revoked() {
    let world = world().await;
    let made = token(&world, &[Scope::Report]).await;
    let bearer = Credential::Bearer(&made.secret);
    let caller = world.app.authenticate(bearer).await.unwrap();
    assert_eq!(caller.principal.to_string(), "service:bot");
    let revoked = world
        .app
        .revoke_token(&admin(), made.token.id)
        .await
        .unwrap();
    assert!(revoked.revoked_at.is_some());
    assert_eq!(
        refused(world.app.authenticate(bearer).await),
        "unauthenticated"
    );
    let guess = Credential::Bearer("dsh_guess");
    assert_eq!(
        refused(world.app.authenticate(guess).await),
        "unauthenticated"
    );
}

#[tokio::test]
async fn a_token_ends_at_its_hour() {
    let world = world().await;
    let end = world.clock.now().plus_seconds(60);
    let new = NewToken {
        expires_at: Some(end),
        ..new_token("bot", &[Scope::Read])
    };
    let made = world.app.create_token(&admin(), new).await.unwrap();
    world
        .app
        .authenticate(Credential::Bearer(&made.secret))
        .await
        .unwrap();
    world.clock.advance_seconds(60);
    let late = world
        .app
        .authenticate(Credential::Bearer(&made.secret))
        .await;
    assert_eq!(refused(late), "unauthenticated");
}

#[tokio::test]
async fn nobody_gives_more_than_he_has_and_only_admins_give() {
    let world = world().await;
    let operator = machine("op", &[Scope::Operate]);
    let wanted = new_token("bot", &[Scope::Admin]);
    assert_eq!(
        refused(world.app.create_token(&operator, wanted.clone()).await),
        "forbidden"
    );
    let red = world.project("red").await;
    let local = within(red.id, &[Scope::Admin]);
    assert_eq!(
        refused(world.app.create_token(&local, wanted).await),
        "forbidden"
    );
    assert_eq!(refused(world.app.list_tokens(&local).await), "forbidden");
}

#[tokio::test]
async fn a_secret_is_shown_once_and_never_in_a_list_or_an_event() {
    let world = world().await;
    let made = token(&world, &[Scope::Read]).await;
    world.run().await;
    let list = world.app.list_tokens(&admin()).await.unwrap();
    assert_eq!(list.len(), 1);
    let shown = serde_json::to_string(&(list, world.events().await)).unwrap();
    assert!(!shown.contains(&made.secret));
}

#[tokio::test]
async fn the_last_use_is_written_down_later() {
    let world = world().await;
    let made = token(&world, &[Scope::Read]).await;
    world
        .app
        .authenticate(Credential::Bearer(&made.secret))
        .await
        .unwrap();
    let last = || async { world.app.list_tokens(&admin()).await.unwrap()[0].last_used_at };
    assert_eq!(last().await, None);
    world.app.note_token_uses().await.unwrap();
    assert_eq!(last().await, Some(world.clock.now()));
}

#[tokio::test]
async fn a_person_comes_in_with_a_password_and_leaves() {
    let world = world().await;
    user(&world, "Bob").await;
    let login = world
        .app
        .login(by_password("bob", "correct horse"), HERE)
        .await
        .unwrap();
    assert_eq!(login.me.principal.to_string(), "human:Bob");
    let caller = world.app.authenticate(cookie(&login)).await.unwrap();
    assert!(caller.scopes.include(Scope::Operate) && !caller.scopes.include(Scope::Admin));
    world.app.logout(&caller).await.unwrap();
    assert_eq!(
        refused(world.app.authenticate(cookie(&login)).await),
        "unauthenticated"
    );
}

#[tokio::test]
async fn a_change_by_cookie_needs_the_proof_against_forgery() {
    let world = world().await;
    user(&world, "bob").await;
    let login = world
        .app
        .login(by_password("bob", "correct horse"), HERE)
        .await
        .unwrap();
    let with = |csrf| Credential::Login {
        secret: &login.secret,
        csrf: Csrf::Sent(csrf),
    };
    let proof = login.me.csrf_token.clone().unwrap();
    world.app.authenticate(with(Some(&proof))).await.unwrap();
    for wrong in [None, Some("x")] {
        assert_eq!(
            refused(world.app.authenticate(with(wrong)).await),
            "forbidden"
        );
    }
}

#[tokio::test]
async fn guessing_is_limited() {
    let world = world().await;
    user(&world, "bob").await;
    for _ in 0..5 {
        let guess = world
            .app
            .login(by_password("bob", "battery staple"), HERE)
            .await;
        assert!(matches!(guess, Err(Error::Unauthenticated(_))));
    }
    let right = world
        .app
        .login(by_password("bob", "correct horse"), HERE)
        .await;
    assert!(matches!(right, Err(Error::RateLimited { .. })));
    let words = world.words().await;
    assert_eq!(
        words.iter().filter(|word| *word == "login_failed").count(),
        5
    );
    world.clock.advance_seconds(15 * 60);
    assert!(
        world
            .app
            .login(by_password("bob", "correct horse"), HERE)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_new_password_ends_the_logins() {
    let world = world().await;
    let bob = user(&world, "bob").await;
    let login = world
        .app
        .login(by_password("bob", "correct horse"), HERE)
        .await
        .unwrap();
    world.app.authenticate(cookie(&login)).await.unwrap();
    let password = Some(Password("battery staple".to_owned()));
    let patch = UserPatch {
        password,
        ..UserPatch::default()
    };
    world
        .app
        .update_user(&admin(), bob.id, patch)
        .await
        .unwrap();
    assert_eq!(
        refused(world.app.authenticate(cookie(&login)).await),
        "unauthenticated"
    );
    assert!(
        world
            .app
            .login(by_password("bob", "battery staple"), HERE)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn who_is_disabled_or_deleted_does_not_come_in() {
    let world = world().await;
    let bob = user(&world, "bob").await;
    let off = UserPatch {
        disabled: Some(true),
        ..UserPatch::default()
    };
    world.app.update_user(&admin(), bob.id, off).await.unwrap();
    let try_it = || world.app.login(by_password("bob", "correct horse"), HERE);
    assert!(matches!(try_it().await, Err(Error::Unauthenticated(_))));
    world.app.delete_user(&admin(), bob.id).await.unwrap();
    assert!(matches!(try_it().await, Err(Error::Unauthenticated(_))));
    assert!(world.app.list_users(&admin()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_name_is_taken_in_any_case() {
    let world = world().await;
    user(&world, "Bob").await;
    let again = NewUser {
        name: Name::lossy("bOB"),
        password: Password("correct horse".to_owned()),
        scopes: None,
    };
    assert_eq!(
        refused(world.app.create_user(&admin(), again).await),
        "already_exists"
    );
}

#[tokio::test]
async fn a_login_by_token_ends_with_the_token() {
    let world = world().await;
    let made = token(&world, &[Scope::Operate]).await;
    let login = world.app.login(by_token(&made.secret), HERE).await.unwrap();
    world.app.authenticate(cookie(&login)).await.unwrap();
    world
        .app
        .revoke_token(&admin(), made.token.id)
        .await
        .unwrap();
    assert_eq!(
        refused(world.app.authenticate(cookie(&login)).await),
        "unauthenticated"
    );
}

#[tokio::test]
async fn a_login_code_works_once() {
    let world = world().await;
    let code = world.app.login_code();
    let login = world.app.login(by_code(&code), HERE).await.unwrap();
    assert!(login.me.scopes.contains(&Scope::Admin));
    let again = world.app.login(by_code(&code), HERE).await;
    assert!(matches!(again, Err(Error::Unauthenticated(_))));
}

#[tokio::test]
async fn only_the_first_start_makes_a_token() {
    let world = world().await;
    let first = world.app.first_start().await.unwrap().unwrap();
    let secret = first.admin_token.unwrap();
    let caller = world
        .app
        .authenticate(Credential::Bearer(&secret))
        .await
        .unwrap();
    assert!(caller.scopes.include(Scope::Admin));
    assert!(world.app.first_start().await.unwrap().is_none());
}

#[tokio::test]
async fn a_given_admin_token_is_the_first_one() {
    let store = Store::open(&Database::Memory).await.unwrap();
    let open = |secret: &str| {
        let bus = Bus::start(store.clone());
        let admin_token = Some(secret.to_owned());
        App::open(Options {
            admin_token,
            ..Options::new(store.clone(), bus)
        })
    };
    let secret = "given-by-the-environment";
    let app = open(secret).await.unwrap();
    let caller = app.authenticate(Credential::Bearer(secret)).await.unwrap();
    assert!(caller.scopes.include(Scope::Admin));
    assert!(
        app.first_start()
            .await
            .unwrap()
            .unwrap()
            .admin_token
            .is_none()
    );
    let again = open(secret).await.unwrap();
    assert_eq!(again.list_tokens(&admin()).await.unwrap().len(), 1);
    assert!(open("not a token, too short?").await.is_err());
}
