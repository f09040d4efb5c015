//! Users, tokens, logins, questions, sessions, idempotency keys.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use dashboard_store::idempotency::{Answer, KeyUse};
use dashboard_store::{
    Error, Kind, Store, idempotency, logins, projects, questions, runs, sessions, tokens, users,
};
use model::{
    Login, LoginId, Name, Page, Question, QuestionFilter, QuestionId, QuestionState, Scope,
    Session, SessionId, SessionState, Text, Title, Token, Totals, User,
};
use testkit::{every_engine, makers};

async fn add_user(store: &Store, user: &User) -> Result<(), Error> {
    let user = user.clone();
    store
        .write(move |tx| Box::pin(async move { users::insert(tx, &user, "hash").await }))
        .await
}

async fn add_token(store: &Store, token: &Token, hash: &'static [u8]) -> Result<(), Error> {
    let token = token.clone();
    store
        .write(move |tx| Box::pin(async move { tokens::insert(tx, &token, hash).await }))
        .await
}

fn login(user: &User) -> Login {
    Login {
        id: LoginId::new(),
        user_id: Some(user.id),
        principal: makers::ada(),
        scopes: vec![Scope::Read],
        created_at: makers::noon(),
        expires_at: makers::noon().plus_seconds(60),
    }
}

every_engine! {
    async fn a_user_is_found_by_name_in_any_case(place) {
        let store = place.open().await;
        let mut user = makers::user("Ädä");
        add_user(&store, &user).await.unwrap();
        let found = users::by_name(&mut store.read().await.unwrap(), "äDÄ").await.unwrap();
        assert_eq!(found, Some((user.clone(), "hash".into())));
        assert_eq!(add_user(&store, &makers::user("ÄDÄ")).await.unwrap_err().kind, Kind::Conflict);
        user.disabled = true;
        let mut edited = user.clone();
        store.write(move |tx| Box::pin(async move {
            users::update(tx, &mut edited).await?;
            users::set_password(tx, edited.id, "other").await
        })).await.unwrap();
        let (kept, hash) = users::by_name(&mut store.read().await.unwrap(), "ädä").await.unwrap().unwrap();
        assert_eq!((kept.disabled, kept.version, hash.as_str()), (true, 2, "other"));
        store.close().await;
    }

    async fn a_token_is_kept_under_the_hash_of_its_secret(place) {
        let store = place.open().await;
        let token = makers::token("ci");
        add_token(&store, &token, b"hash").await.unwrap();
        let mut read = store.read().await.unwrap();
        assert_eq!(tokens::by_secret_hash(&mut read, b"hash").await.unwrap(), Some(token.clone()));
        assert_eq!(tokens::by_secret_hash(&mut read, b"other").await.unwrap(), None);
        drop(read);
        assert_eq!(add_token(&store, &makers::token("x"), b"hash").await.unwrap_err().kind, Kind::Conflict);
        let (id, later) = (token.id, makers::noon().plus_seconds(5));
        store.write(move |tx| Box::pin(async move {
            tokens::note_uses(tx, &[(id, later)]).await?;
            tokens::note_uses(tx, &[(id, makers::noon())]).await?;
            assert!(tokens::revoke(tx, id, later).await?);
            assert!(!tokens::revoke(tx, id, later).await?);
            Ok::<_, Error>(())
        })).await.unwrap();
        let kept = tokens::get(&mut store.read().await.unwrap(), id).await.unwrap().unwrap();
        assert_eq!((kept.last_used_at, kept.revoked_at), (Some(later), Some(later)));
        store.close().await;
    }

    async fn tokens_of_runs_are_not_listed_and_end_with_their_run(place) {
        let store = place.open().await;
        let project = makers::project("web");
        let run = makers::run(&project, None);
        let of_run = Token { run_id: Some(run.id), project_id: Some(project.id), ..makers::token("run") };
        let (kept, token) = ((project.clone(), run.clone()), of_run.clone());
        store.write(move |tx| Box::pin(async move {
            projects::insert(tx, &kept.0).await?;
            runs::insert(tx, &kept.1).await?;
            tokens::insert(tx, &token, b"1").await?;
            tokens::insert(tx, &makers::token("ci"), b"2").await
        })).await.unwrap();
        let listed = tokens::list(&mut store.read().await.unwrap()).await.unwrap();
        assert_eq!(listed.iter().map(|token| token.name.as_str()).collect::<Vec<_>>(), ["ci"]);
        let revoked = store.write(move |tx| Box::pin(async move {
            tokens::revoke_of_run(tx, run.id, makers::noon()).await
        })).await.unwrap();
        assert_eq!(revoked, [of_run.id]);
        store.close().await;
    }

    async fn logins_end_with_their_user_or_their_time(place) {
        let store = place.open().await;
        let user = makers::user("ada");
        add_user(&store, &user).await.unwrap();
        let (first, second) = (login(&user), login(&user));
        let kept = (first.clone(), second.clone());
        store.write(move |tx| Box::pin(async move {
            logins::insert(tx, &kept.0, b"1").await?;
            logins::insert(tx, &kept.1, b"2").await
        })).await.unwrap();
        let found = logins::by_secret_hash(&mut store.read().await.unwrap(), b"1").await.unwrap();
        assert_eq!(found, Some(first.clone()));
        let (id, user) = (first.id, user.id);
        store.write(move |tx| Box::pin(async move {
            assert_eq!(logins::sweep(tx, makers::noon()).await?, 0);
            assert!(logins::delete(tx, id).await?);
            assert_eq!(logins::delete_of_user(tx, user).await?.len(), 1);
            assert!(users::delete(tx, user).await?);
            Ok::<_, Error>(())
        })).await.unwrap();
        store.close().await;
    }

    async fn a_key_is_taken_once_and_remembers_the_answer(place) {
        let store = place.open().await;
        let used = KeyUse {
            principal: makers::ada(),
            key: "k".into(),
            request_hash: vec![1, 2],
            answer: None,
            created_at: makers::noon(),
        };
        let answer = Answer { status: 201, content_type: Some("application/json".into()), body: b"{}".to_vec() };
        let kept = (used.clone(), answer.clone());
        store.write(move |tx| Box::pin(async move {
            assert!(idempotency::take(tx, &kept.0).await?);
            assert!(!idempotency::take(tx, &kept.0).await?);
            idempotency::set_answer(tx, &kept.0.principal, "k", &kept.1).await
        })).await.unwrap();
        let found = idempotency::get(&mut store.read().await.unwrap(), &makers::ada(), "k").await.unwrap();
        assert_eq!(found, Some(KeyUse { answer: Some(answer), ..used }));
        let swept = store.write(|tx| Box::pin(async move {
            idempotency::sweep(tx, makers::noon().plus_seconds(1), 10).await
        })).await.unwrap();
        assert_eq!(swept, 1);
        store.close().await;
    }

    async fn a_question_is_answered_once(place) {
        let store = place.open().await;
        let project = makers::project("web");
        let question = Question {
            id: QuestionId::new(),
            project_id: project.id,
            ticket_id: None,
            task_id: None,
            run_id: None,
            text: Text::lossy("which?"),
            options: vec![Title::lossy("a"), Title::lossy("b")],
            asked_by: makers::ada(),
            answer: None,
            answered_by: None,
            created_at: makers::noon(),
            answered_at: None,
            withdrawn_at: None,
        };
        let kept = question.clone();
        store.write(move |tx| Box::pin(async move {
            projects::insert(tx, &project).await?;
            questions::insert(tx, &kept).await
        })).await.unwrap();
        let open = QuestionFilter { state: Some(QuestionState::Open), ..QuestionFilter::default() };
        let listed = questions::list(&mut store.read().await.unwrap(), &open, &Page::first(10)).await.unwrap();
        assert_eq!(listed.items, std::slice::from_ref(&question));
        let answered = Question {
            answer: Some(Text::lossy("a")),
            answered_by: Some(makers::ada()),
            answered_at: Some(makers::noon()),
            ..question
        };
        for expected in [Ok(()), Err(Kind::Stale)] {
            let answered = answered.clone();
            let answer = store.write(move |tx| Box::pin(async move { questions::answer(tx, &answered).await })).await;
            assert_eq!(answer.map_err(|failure| failure.kind), expected);
        }
        let listed = questions::list(&mut store.read().await.unwrap(), &open, &Page::first(10)).await.unwrap();
        assert!(listed.items.is_empty());
        store.close().await;
    }

    async fn a_session_is_known_by_its_agents_name_for_it(place) {
        let store = place.open().await;
        let project = makers::project("web");
        let session = Session {
            id: SessionId::new(),
            project_id: project.id,
            agent: Name::lossy("claude"),
            provider_session_id: Name::lossy("e106"),
            cwd: Some(Text::lossy("/src")),
            model: None,
            state: SessionState::Running,
            messages: 1,
            totals: Totals::default(),
            started_at: makers::noon(),
            updated_at: makers::noon(),
            ended_at: None,
        };
        let kept = (project.clone(), session.clone());
        store.write(move |tx| Box::pin(async move {
            projects::insert(tx, &kept.0).await?;
            sessions::insert(tx, &kept.1).await?;
            sessions::update(tx, &Session { messages: 2, ..kept.1 }).await
        })).await.unwrap();
        let mut read = store.read().await.unwrap();
        let found = sessions::by_provider_id(
            &mut read, project.id, &session.agent, &session.provider_session_id,
        ).await.unwrap();
        assert_eq!(found, Some(Session { messages: 2, ..session }));
        let listed = sessions::list(&mut read, Some(project.id), &Page::first(10)).await.unwrap();
        assert_eq!(listed.items.len(), 1);
        drop(read);
        store.close().await;
    }
}
