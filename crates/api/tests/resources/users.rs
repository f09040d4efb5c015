//! Users: made, changed, locked out, deleted; their passwords are never told.

use model::{LoginRequest, NewUser, Page, ProblemKind, Scope, User, UserPatch};
use serde_json::json;

use crate::world::{World, from, kind, pointers};

async fn bea(world: &World) -> User {
    let new: NewUser = from(json!({"name": "Bea", "password": "correct horse"}));
    world.admin.create_user(&new).await.unwrap()
}

async fn log_in(world: &World, name: &str, password: &str) -> Result<model::Me, client::Error> {
    let nobody = client::Client::in_process(world.server.router.clone(), None);
    let request: LoginRequest = from(json!({"user": name, "password": password}));
    nobody.create_login(&request).await
}

#[tokio::test]
async fn a_new_user_logs_in() {
    let world = World::new().await;
    let user = bea(&world).await;
    assert_eq!(user.scopes, [Scope::Read, Scope::Operate]);
    let me = log_in(&world, "bea", "correct horse").await.unwrap();
    assert_eq!(me.principal.to_string(), "human:Bea");
    assert_eq!(
        kind(log_in(&world, "bea", "wrong horse").await),
        ProblemKind::Unauthenticated
    );
    assert_eq!(
        kind(log_in(&world, "nobody", "correct horse").await),
        ProblemKind::Unauthenticated
    );
}

#[tokio::test]
async fn a_name_is_taken_in_every_case() {
    let world = World::new().await;
    bea(&world).await;
    let again: NewUser = from(json!({"name": "BEA", "password": "correct horse"}));
    assert_eq!(
        kind(world.admin.create_user(&again).await),
        ProblemKind::AlreadyExists
    );
}

#[tokio::test]
async fn a_password_has_a_length() {
    let world = World::new().await;
    for password in ["", "1234567", &"x".repeat(1025)] {
        let new: NewUser = from(json!({"name": "Bea", "password": password}));
        let answer = world.admin.create_user(&new).await;
        assert!(!format!("{answer:?}").contains("1234567"), "told");
        assert_eq!(pointers(answer), ["/password"]);
    }
}

#[tokio::test]
async fn who_is_locked_out_stays_out() {
    let world = World::new().await;
    let user = bea(&world).await;
    let locked: UserPatch = from(json!({"disabled": true, "version": user.version}));
    let locked = world.admin.update_user(user.id, &locked).await.unwrap();
    assert!(locked.disabled);
    assert_eq!(
        kind(log_in(&world, "bea", "correct horse").await),
        ProblemKind::Unauthenticated
    );
    let stale: UserPatch = from(json!({"disabled": false, "version": user.version}));
    assert_eq!(
        kind(world.admin.update_user(user.id, &stale).await),
        ProblemKind::StaleVersion
    );
}

#[tokio::test]
async fn a_deleted_user_is_gone() {
    let world = World::new().await;
    let user = bea(&world).await;
    world.admin.delete_user(user.id).await.unwrap();
    assert_eq!(
        kind(world.admin.delete_user(user.id).await),
        ProblemKind::NotFound
    );
    assert!(
        world
            .admin
            .list_users(&Page::default())
            .await
            .unwrap()
            .items
            .is_empty()
    );
    assert_eq!(
        kind(log_in(&world, "bea", "correct horse").await),
        ProblemKind::Unauthenticated
    );
}

#[tokio::test]
async fn nobody_gives_more_than_he_has() {
    let world = World::new().await;
    let operator = world.client(&[Scope::Operate], None).await;
    let new: NewUser =
        from(json!({"name": "Eve", "password": "correct horse", "scopes": ["admin"]}));
    assert_eq!(
        kind(operator.create_user(&new).await),
        ProblemKind::Forbidden
    );
    assert_eq!(
        kind(operator.list_users(&Page::default()).await),
        ProblemKind::Forbidden
    );
}
