//! Kill -9 at any moment loses nothing that was acknowledged, doubles nothing, and no viewer misses or sees twice.
//!
//! `KILLS` says how often (3), `CRASH_SEED` repeats a run by its seed, which is printed first.

#[path = "crash/audit.rs"]
mod audit;
#[path = "crash/chance.rs"]
mod chance;
#[path = "crash/server.rs"]
mod server;
#[path = "crash/slow.rs"]
mod slow;
#[path = "crash/viewers.rs"]
mod viewers;
#[path = "crash/writers.rs"]
mod writers;

use std::sync::Arc;
use std::time::Duration;

use chance::Chance;
use server::Server;
use testkit::Place;
use viewers::Viewers;
use writers::Writers;

#[test]
fn nothing_acknowledged_is_lost_by_kills_in_a_file() {
    testkit::run(Place::file, survive);
}

#[test]
fn nothing_acknowledged_is_lost_by_kills_on_postgres() {
    testkit::run(Place::postgres, survive);
}

async fn survive(place: Arc<Place>) {
    let kills = number("KILLS").unwrap_or(3);
    let mut chance = Chance::seeded(number("CRASH_SEED"));
    println!("{kills} kills, CRASH_SEED={}", chance.seed());

    let mut server = Server::start(&place).await;
    let writers = Writers::start(&server).await;
    let viewers = Viewers::start(&server);
    for kill in 1..=kills {
        // Mostly under load, sometimes before the server has come up.
        let until_kill = if chance.one_in(4) {
            chance.below(60)
        } else {
            chance.below(500)
        };
        // The moment must be any moment: there is nothing to wait for.
        tokio::time::sleep(Duration::from_millis(until_kill)).await;
        server.kill();
        server.spawn();
        let early = chance.one_in(4);
        if !early {
            server.ready().await;
        }
        if kill % 10 == 0 {
            println!(
                "killed {kill} times, {} writes acknowledged",
                writers.acknowledged()
            );
        }
    }
    server.ready().await;
    let diaries = writers.finish().await;
    audit::audit(&server, &diaries, viewers).await;
    println!(
        "{} writes acknowledged, all there once",
        diaries.acknowledged()
    );
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name}={text} is not a number")),
    )
}
