//! Every operation as a stranger, with the wrong scope, with the right one, and by a run that it is not about.

use http::StatusCode;
use model::Scope;

use crate::operations::{Example, examples};
use crate::support::Answered;
use crate::world::{SECRET, World};

async fn try_as(world: &World, secret: &str, example: &Example) -> Answered {
    let body = example.body.as_ref().map(ToString::to_string);
    world
        .send(secret, example.method, &example.path, body)
        .await
}

/// Every scope that does not include the one that is needed.
fn too_little(needs: Scope) -> impl Iterator<Item = Scope> {
    [Scope::Read, Scope::Report, Scope::Operate]
        .into_iter()
        .filter(move |scope| *scope < needs)
}

#[tokio::test]
async fn with_too_small_a_scope_everything_is_forbidden() {
    let world = World::new().await;
    for scope in [Scope::Read, Scope::Report, Scope::Operate] {
        let (_, secret) = world.caller(&[scope], None).await;
        let head = world.head().await;
        for example in examples(&world) {
            let Some(needs) = example.needs else { continue };
            if too_little(needs).any(|little| little == scope) {
                let answer = try_as(&world, &secret, &example).await;
                assert_eq!(
                    answer.status,
                    StatusCode::FORBIDDEN,
                    "{} as {scope}",
                    example.id
                );
                assert_eq!(answer.kind(), "forbidden");
            }
        }
        assert_eq!(world.head().await, head, "something changed");
    }
}

#[tokio::test]
async fn with_exactly_the_scope_that_is_needed_everything_goes() {
    let world = World::new().await;
    for example in examples(&world) {
        let scope = example.needs.unwrap_or(Scope::Read);
        let kind = match example.id {
            // A login is a person's to make.
            "create_user" => "human",
            _ => "service",
        };
        let (_, secret) = world.caller_of(kind, &[scope], None).await;
        if example.id == "delete_ticket" {
            // A task that waits for an answer is a person's to delete, and so is its ticket.
            world.answer_all().await;
        }
        let answer = try_as(&world, &secret, &example).await;
        assert!(
            answer.status.is_success(),
            "{} as {scope}: {}",
            example.id,
            answer.text
        );
    }
}

#[tokio::test]
async fn a_stranger_to_the_project_sees_nothing_of_it_and_changes_nothing() {
    let world = World::new().await;
    let (_, secret) = world
        .caller(&[Scope::Operate], Some(&world.elsewhere))
        .await;
    let head = world.head().await;
    for example in examples(&world) {
        if example.needs.is_none() {
            continue;
        }
        let is_read = example.method == "GET";
        if !is_read && !example.names_project {
            continue;
        }
        let answer = try_as(&world, &secret, &example).await;
        assert!(
            !answer.text.contains(SECRET),
            "{} tells: {}",
            example.id,
            answer.text
        );
        if example.names_project {
            // A thing that is named within a body is as good as absent: 422.
            let refused = [StatusCode::NOT_FOUND, StatusCode::UNPROCESSABLE_ENTITY];
            assert!(
                refused.contains(&answer.status),
                "{}: {}",
                example.id,
                answer.text
            );
        }
    }
    assert_eq!(world.head().await, head, "something changed");
}

#[tokio::test]
async fn a_run_writes_only_to_itself() {
    let world = World::new().await;
    let other = world.another_run().await;
    let secret = other.run_token.unwrap();
    let head = world.head().await;
    for example in examples(&world) {
        if example.method == "GET" || example.needs.is_none() || !example.names_project {
            continue;
        }
        if matches!(example.id, "set_current_project" | "create_run") {
            continue;
        }
        let answer = try_as(&world, &secret, &example).await;
        assert!(
            answer.status.is_client_error(),
            "{}: {}",
            example.id,
            answer.text
        );
    }
    assert_eq!(world.head().await, head, "something changed");
    let own = format!("/api/runs/{}/heartbeat", other.run.id);
    let answer = world
        .send(&secret, "POST", &own, Some("{}".to_owned()))
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

#[tokio::test]
async fn tokens_that_ended_open_nothing() {
    let world = World::new().await;
    let (token, revoked) = world.caller(&[Scope::Admin], None).await;
    assert!(world.client_of(&revoked).get_me().await.is_ok());
    world.admin.delete_token(token.id).await.unwrap();
    for example in examples(&world) {
        if example.needs.is_some() {
            let answer = try_as(&world, &revoked, &example).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", example.id);
        }
    }
}
