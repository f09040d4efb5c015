//! Search: over tickets, tasks, runs and comments, in any case, for those who may see them.

use model::Scope;
use serde_json::json;

use crate::world::{SECRET, World, from};

#[tokio::test]
async fn everything_with_the_word_is_found() {
    let world = World::new().await;
    let found = world
        .admin
        .search(&SECRET.to_uppercase(), None, None)
        .await
        .unwrap();
    let mut kinds: Vec<String> = found.iter().map(|found| found.kind.to_string()).collect();
    kinds.sort();
    kinds.dedup();
    assert_eq!(kinds, ["comment", "run", "task", "ticket"]);
}

#[tokio::test]
async fn what_a_pattern_would_match_is_not_found() {
    let world = World::new().await;
    let body = json!({"project": "web", "title": "100% äußerst sure_thing"});
    world.admin.create_ticket(&from(body)).await.unwrap();
    let count = async |q: &str| world.admin.search(q, None, None).await.unwrap().len();
    assert_eq!(count("0% ÄUSS").await + count("0% ÄUẞERST").await, 1);
    assert_eq!(count("e_t").await, 1);
    assert_eq!(count("x_zzy").await, 0);
    assert_eq!(count("xy%zy").await, 0);
}

#[tokio::test]
async fn a_stranger_finds_nothing() {
    let world = World::new().await;
    let stranger = world
        .client(&[Scope::Operate], Some(&world.elsewhere))
        .await;
    assert!(
        stranger
            .search(SECRET, None, None)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        world
            .admin
            .search(SECRET, Some("elsewhere"), None)
            .await
            .unwrap()
            .is_empty()
    );
}
