//! Sessions: one per conversation, whoever mentions it.

use model::{Page, ProblemKind, Scope, SessionId, SessionState};
use serde_json::json;

use crate::world::{SECRET, World, from, kind};

#[tokio::test]
async fn a_conversation_is_one_session_in_all_its_runs() {
    let world = World::new().await;
    let report =
        json!({"session": {"agent": "claude", "provider_session_id": "s1", "messages": 1}});
    let first = world
        .admin
        .update_run(world.run.id, &from(report.clone()))
        .await
        .unwrap();
    let other = world.another_run().await.run;
    let second = world
        .admin
        .update_run(other.id, &from(report))
        .await
        .unwrap();
    assert_eq!(first.session_id, second.session_id);
    let session = world
        .admin
        .get_session(first.session_id.unwrap())
        .await
        .unwrap();
    assert_eq!(
        (session.messages, session.state),
        (2, SessionState::Running)
    );
}

#[tokio::test]
async fn sessions_are_listed_to_those_who_may_see_them() {
    let world = World::new().await;
    let page = Page::default();
    let all = world.admin.list_sessions(None, &page).await.unwrap().items;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].provider_session_id.as_str(), SECRET);
    assert!(
        world
            .admin
            .list_sessions(Some("elsewhere"), &page)
            .await
            .unwrap()
            .items
            .is_empty()
    );
    let stranger = world
        .client(&[Scope::Operate], Some(&world.elsewhere))
        .await;
    assert!(
        stranger
            .list_sessions(None, &page)
            .await
            .unwrap()
            .items
            .is_empty()
    );
    assert_eq!(
        kind(stranger.get_session(all[0].id).await),
        ProblemKind::NotFound
    );
    assert_eq!(
        kind(world.admin.get_session(SessionId::new()).await),
        ProblemKind::NotFound
    );
}
