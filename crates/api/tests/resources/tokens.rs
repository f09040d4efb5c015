//! Tokens: shown once, no greater than their maker, restricted, revoked.

use model::{NewToken, Page, ProblemKind, Scope, TokenId};
use serde_json::json;

use crate::world::{World, from, kind, pointers};

#[tokio::test]
async fn a_secret_is_shown_once_and_never_listed() {
    let world = World::new().await;
    let (token, secret) = world.caller(&[Scope::Read], None).await;
    assert!(secret.starts_with(&token.prefix));
    assert!(secret.len() >= 43, "256 bits");
    let listed = world.server.get("/api/tokens").await;
    assert!(!listed.text.contains(&secret));
    let tokens = world
        .admin
        .list_tokens(&Page::default())
        .await
        .unwrap()
        .items;
    assert!(tokens.iter().any(|listed| listed.id == token.id));
    assert!(
        tokens.iter().all(|listed| listed.run_id.is_none()),
        "runs' own tokens are not listed"
    );
}

#[tokio::test]
async fn a_revoked_token_is_nobody_at_once() {
    let world = World::new().await;
    let (token, secret) = world.caller(&[Scope::Admin], None).await;
    let client = world.client_of(&secret);
    assert!(client.get_me().await.is_ok());
    world.admin.delete_token(token.id).await.unwrap();
    assert_eq!(kind(client.get_me().await), ProblemKind::Unauthenticated);
    assert_eq!(
        kind(world.admin.delete_token(TokenId::new()).await),
        ProblemKind::NotFound
    );
}

#[tokio::test]
async fn a_token_must_end_in_the_future_and_may_something() {
    let world = World::new().await;
    for (more, pointer) in [
        (json!({"scopes": []}), "/scopes"),
        (json!({"expires_at": "2000-01-01T00:00:00Z"}), "/expires_at"),
        (json!({"project": "nowhere"}), "/project"),
    ] {
        let mut body = json!({"name": "a", "scopes": ["read"]});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().cloned().unwrap());
        let refused = world.admin.create_token(&from::<NewToken>(body)).await;
        assert_eq!(pointers(refused), [pointer]);
    }
}

#[tokio::test]
async fn the_last_word_on_who_calls_is_me() {
    let world = World::new().await;
    let (token, secret) = world.caller(&[Scope::Report], Some(&world.project)).await;
    let me = world.client_of(&secret).get_me().await.unwrap();
    assert_eq!(me.principal.name, token.name);
    assert_eq!(me.project_id, Some(world.project.id));
    assert_eq!(me.scopes, [Scope::Read, Scope::Report]);
}

#[tokio::test]
async fn a_local_admin_makes_no_tokens_for_elsewhere() {
    let world = World::new().await;
    let local = world.client(&[Scope::Admin], Some(&world.project)).await;
    let new: NewToken = from(json!({"name": "a", "scopes": ["read"]}));
    assert_eq!(kind(local.create_token(&new).await), ProblemKind::Forbidden);
    assert_eq!(
        kind(local.list_tokens(&Page::default()).await),
        ProblemKind::Forbidden
    );
}
