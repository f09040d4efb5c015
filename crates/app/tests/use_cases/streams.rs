//! Streams: who may follow what, and for how long.

use app::{Credential, EventStream, Next, Subscribe, SubscribeLog, Transport};
use model::{Control, EventFilter, Name, NewLogLine, NewToken, Outcome, Scope};

use crate::support::*;

fn everything() -> Subscribe {
    Subscribe {
        filter: EventFilter::default(),
        since: Some(0),
        epoch: None,
        over: Transport::Ws,
    }
}

/// The next control frame, with the types of the events before it.
async fn control(stream: &mut EventStream) -> (Vec<String>, Control) {
    let mut words = Vec::new();
    loop {
        match stream.next().await.expect("a word") {
            Next::Frames(frames) => {
                words.extend(frames.iter().map(|frame| frame.item().event_type.clone()));
            }
            Next::Control(control) => return (words, control),
        }
    }
}

fn bye(reason: &str, resume: bool) -> Control {
    Control::StreamBye {
        reason: reason.to_owned(),
        resume,
    }
}

fn new_token(world: &World, scope: Scope) -> NewToken {
    NewToken {
        name: Name::lossy("bot"),
        kind: None,
        scopes: vec![scope],
        project: None,
        expires_at: Some(world.clock.now().plus_seconds(3600)),
    }
}

async fn bot(world: &World) -> (model::TokenCreated, auth::Caller) {
    let new = new_token(world, Scope::Read);
    let made = world.app.create_token(&admin(), new).await.unwrap();
    let caller = world
        .app
        .authenticate(Credential::Bearer(&made.secret))
        .await
        .unwrap();
    (made, caller)
}

#[tokio::test]
async fn a_stream_begins_with_hello_and_ends_when_its_token_is_revoked() {
    let world = world().await;
    let (made, caller) = bot(&world).await;
    let mut stream = world.app.subscribe(&caller, everything()).await.unwrap();
    let (words, hello) = control(&mut stream).await;
    assert!(words.is_empty());
    assert!(
        matches!(hello, Control::StreamHello { head: 1, .. }),
        "{hello:?}"
    );
    assert_eq!(
        world.app.get_status(&admin()).await.unwrap().connections.ws,
        1
    );
    world
        .app
        .revoke_token(&admin(), made.token.id)
        .await
        .unwrap();
    let (_, last) = control(&mut stream).await;
    assert_eq!(last, bye("token_revoked", false));
    assert!(stream.next().await.is_none());
    drop(stream);
    assert_eq!(
        world.app.get_status(&admin()).await.unwrap().connections.ws,
        0
    );
}

#[tokio::test]
async fn a_stream_ends_when_its_token_expires() {
    let world = world().await;
    let (_, caller) = bot(&world).await;
    let mut stream = world.app.subscribe(&caller, everything()).await.unwrap();
    control(&mut stream).await;
    world.clock.advance_seconds(3600);
    assert_eq!(control(&mut stream).await.1, bye("token_revoked", false));
}

#[tokio::test]
async fn a_stranger_follows_only_his_project() {
    let world = world().await;
    let ticket = world.ticket("secret").await;
    let red = world.project("red").await;
    let new = NewToken {
        project: Some("red".to_owned()),
        ..new_token(&world, Scope::Operate)
    };
    let made = world.app.create_token(&admin(), new).await.unwrap();
    let stranger = world
        .app
        .authenticate(Credential::Bearer(&made.secret))
        .await
        .unwrap();
    assert_eq!(stranger.project, Some(red.id));
    let asked = Subscribe {
        filter: EventFilter {
            project: Some(ticket.project_id),
            ..EventFilter::default()
        },
        ..everything()
    };
    assert_eq!(
        world
            .app
            .subscribe(&stranger, asked)
            .await
            .unwrap_err()
            .kind()
            .as_str(),
        "not_found"
    );
    let mut stream = world.app.subscribe(&stranger, everything()).await.unwrap();
    control(&mut stream).await;
    world
        .app
        .create_ticket(&stranger, new_ticket("mine"))
        .await
        .unwrap();
    let mut seen = Vec::new();
    while seen.len() < 3 {
        let Some(Next::Frames(frames)) = stream.next().await else {
            panic!("frames")
        };
        seen.extend(frames.iter().map(|frame| frame.item().event_type.clone()));
    }
    assert_eq!(seen, ["project_created", "token_created", "ticket_created"]);
}

#[tokio::test]
async fn a_ticket_opens_one_stream() {
    let world = world().await;
    let ticket = world.app.create_stream_ticket(&admin()).unwrap().ticket;
    let present = || world.app.authenticate(Credential::StreamTicket(&ticket));
    assert_eq!(present().await.unwrap(), admin());
    assert_eq!(refused(present().await), "unauthenticated");
    let late = world.app.create_stream_ticket(&admin()).unwrap().ticket;
    world.clock.advance_seconds(30);
    let late = world
        .app
        .authenticate(Credential::StreamTicket(&late))
        .await;
    assert_eq!(refused(late), "unauthenticated");
}

#[tokio::test]
async fn the_stream_of_a_log_ends_with_its_run_and_misses_no_line() {
    let world = world().await;
    let run = world.run().await;
    let line = |number: i64| NewLogLine {
        line: Some(number),
        at: None,
        step_id: None,
        stream: None,
        text: Some(number.to_string()),
        bytes_base64: None,
        continues: false,
    };
    let wanted = || SubscribeLog {
        since: Some(0),
        step: None,
        stream: Vec::new(),
        over: Transport::Sse,
    };
    world
        .app
        .append_logs(&admin(), run.id, vec![line(1)])
        .await
        .unwrap();
    let mut live = world
        .app
        .subscribe_log(&admin(), run.id, wanted())
        .await
        .unwrap();
    world
        .app
        .append_logs(&admin(), run.id, vec![line(2), line(3)])
        .await
        .unwrap();
    world.finish(&run, Outcome::Completed).await;
    let mut late = world
        .app
        .subscribe_log(&admin(), run.id, wanted())
        .await
        .unwrap();
    for stream in [&mut live, &mut late] {
        let mut numbers = Vec::new();
        let mut last = None;
        while let Some(next) = stream.next().await {
            match next {
                Next::Frames(frames) => numbers.extend(frames.iter().map(|frame| frame.number())),
                Next::Control(control) => last = Some(control),
            }
        }
        assert_eq!(numbers, [1, 2, 3]);
        assert_eq!(last, Some(bye("ended", false)));
    }
}

#[tokio::test]
async fn who_may_not_see_a_run_does_not_follow_its_log() {
    let world = world().await;
    let run = world.run().await;
    let red = world.project("red").await;
    let wanted = SubscribeLog {
        since: None,
        step: None,
        stream: Vec::new(),
        over: Transport::Ws,
    };
    let stranger = within(red.id, &[Scope::Read]);
    let followed = world.app.subscribe_log(&stranger, run.id, wanted).await;
    assert_eq!(followed.unwrap_err().kind().as_str(), "not_found");
}

#[tokio::test]
async fn a_ticket_of_a_token_that_was_revoked_opens_nothing() {
    let world = world().await;
    let (made, caller) = bot(&world).await;
    let ticket = world.app.create_stream_ticket(&caller).unwrap().ticket;
    world
        .app
        .revoke_token(&admin(), made.token.id)
        .await
        .unwrap();
    let late = world
        .app
        .authenticate(Credential::StreamTicket(&ticket))
        .await
        .unwrap();
    let followed = world.app.subscribe(&late, everything()).await;
    assert_eq!(followed.unwrap_err().kind().as_str(), "unauthenticated");
}
