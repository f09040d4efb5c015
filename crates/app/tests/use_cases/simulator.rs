//! The simulator: random histories of people, workers that die, stop, wake and lie, clocks that jump both ways and servers that
//! restart, each held against the rules of leases. With an even seed everything happens in turn, with an odd one workers ask
//! all at once. On PostgreSQL two servers take turns over the same database.
//!
//! `DASHBOARD_SIMULATE=5000` runs so many histories, `DASHBOARD_SEED=17` only that one; both together run so many from that one
//! on. A failure names its seed.

mod board;
mod claims;
mod dice;
mod end;
mod figures;
mod lies;
mod log;
mod people;
mod rules;
mod workers;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use app::{App, Options, Pace};
use bus::Bus;
use model::{Claimed, Clock, NewTicket, Project, RunId, TaskId, TicketId};
use store::Store;
use testkit::every_engine;

use self::dice::Dice;
use self::figures::Figures;
use crate::support::*;

/// Histories of a test run.
const HISTORIES: u64 = 4;
/// In so many histories everything has happened that may.
const ENOUGH: u64 = 40;
/// Things that happen in one history.
const STEPS: usize = 100;
/// Everything is looked at after so many of them.
const LOOK: usize = 8;
/// Rounds of housekeeping, after which one more finds nothing to do.
const ROUNDS: usize = 3;
/// Workers that come and go.
const HANDS: usize = 5;
/// In one history of so many somebody hands out by hand, which takes a second.
const OFFERS: u64 = 16;

/// A worker, with every lease that it believes to hold.
#[derive(Default)]
struct Hand {
    leases: Vec<Claimed>,
    /// Stopped as by SIGSTOP: it neither asks nor speaks until it wakes, and then goes on where it was.
    sleeps: bool,
}

struct Simulation {
    /// Every history has a project of its own.
    project: Project,
    /// Another one, in which there is nothing to do.
    elsewhere: Project,
    tickets: Vec<TicketId>,
    /// The servers, each with the store that it is over.
    servers: Vec<(Store, App)>,
    turn: AtomicUsize,
    clock: Clock,
    is_crowded: bool,
    dice: Dice,
    hands: Vec<Hand>,
    /// The tasks that were made and not deleted.
    made: BTreeSet<TaskId>,
    /// Those that a person lets wait though nothing is open that they wait for, by the version that they have then.
    held: HashMap<TaskId, i64>,
    /// Those that a person let go before what they wait for.
    forced: HashSet<TaskId>,
    /// The runs that a worker was told of.
    given: HashMap<RunId, TaskId>,
    /// The last lease that was given on each task.
    leases: HashMap<TaskId, RunId>,
    figures: Figures,
}

async fn opened(store: &Store, clock: &Clock) -> App {
    let options = Options {
        clock: clock.clone(),
        // Houses are kept when a history says so, else no seed would tell the same one again.
        pace: Pace {
            round: Duration::from_secs(24 * 3600),
            ..Pace::default()
        },
        ..Options::new(store.clone(), Bus::start(store.clone()))
    };
    App::open(options).await.unwrap()
}

impl Simulation {
    async fn new(stores: Vec<Store>, seed: u64) -> Self {
        let clock = Clock::manual(testkit::makers::noon());
        let mut servers = Vec::new();
        for store in stores {
            let app = opened(&store, &clock).await;
            servers.push((store, app));
        }
        let mut projects = Vec::new();
        for slug in [format!("p{seed}"), format!("p{seed}-elsewhere")] {
            let (ada, new) = (admin(), new_project(&slug));
            let made = servers[0].1.create_project(&ada, new).await;
            projects.push(made.unwrap().value);
        }
        let mut simulation = Self {
            elsewhere: projects.pop().unwrap(),
            project: projects.pop().unwrap(),
            tickets: Vec::new(),
            servers,
            turn: AtomicUsize::new(0),
            clock,
            is_crowded: seed % 2 == 1,
            dice: Dice(seed),
            hands: (0..HANDS).map(|_| Hand::default()).collect(),
            made: BTreeSet::new(),
            held: HashMap::new(),
            forced: HashSet::new(),
            given: HashMap::new(),
            leases: HashMap::new(),
            figures: Figures::default(),
        };
        simulation.make_tickets().await;
        simulation
    }

    async fn make_tickets(&mut self) {
        for _ in 0..2 {
            let new = NewTicket {
                project: Some(self.project.id.to_string()),
                ..new_ticket("x")
            };
            let ticket = self.app().create_ticket(&admin(), new).await;
            self.tickets.push(ticket.unwrap().id);
        }
    }

    /// The server whose turn it is.
    fn app(&self) -> &App {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        &self.servers[turn % self.servers.len()].1
    }

    async fn step(&mut self) {
        self.figures.moves += 1;
        let hand = self.dice.below(HANDS);
        match self.dice.below(45) {
            0..=3 => self.make_task().await,
            4..=8 => self.all_ask().await,
            9..=10 => self.take_by_name(hand).await,
            11..=12 => self.beat(hand).await,
            13..=15 => self.finish(hand).await,
            16..=17 => self.hand_over(hand).await,
            // It is gone: nobody hears of its leases any more.
            18 => self.hands[hand] = Hand::default(),
            19 => self.stop_or_wake(hand),
            20..=21 => self.lie(hand).await,
            22..=23 => self.ask(hand).await,
            24..=37 => self.let_people_act().await,
            38..=39 => self.restart().await,
            40..=42 => self.pass_time().await,
            _ => self.jump().await,
        }
    }

    async fn let_people_act(&mut self) {
        match self.dice.below(28) {
            0 => self.reclaim_by_hand().await,
            1 => self.cancel().await,
            2 => self.pause_or_resume().await,
            3 => self.drain_or_resume().await,
            4 | 5 => self.retry().await,
            6 | 7 => self.answer().await,
            8 | 9 => self.judge().await,
            10..=15 => self.give_order().await,
            16..=18 => self.drag().await,
            19 => self.drag_many().await,
            20 | 21 => self.link_or_unlink().await,
            22 => self.delete().await,
            23 => self.set_limits().await,
            24 => self.close_or_open().await,
            25 => self.ask_about().await,
            26 => self.retry_ticket().await,
            _ => self.foresee().await,
        }
    }

    /// A server stops, in order or in the middle of everything, and another one starts.
    async fn restart(&mut self) {
        let which = self.dice.below(self.servers.len());
        let is_orderly = self.dice.below(2) == 0;
        let (store, app) = self.servers.remove(which);
        if is_orderly {
            app.close().await;
        }
        drop(app);
        let app = opened(&store, &self.clock).await;
        self.servers.insert(which, (store, app));
        self.figures.restarts += 1;
    }

    async fn pass_time(&mut self) {
        let seconds = self.dice.one_of(&[1, 20, 50, 95, 400]);
        self.clock.advance_seconds(seconds);
        self.keep_house().await;
    }

    /// The clock is set, far ahead or far back.
    async fn jump(&mut self) {
        let seconds = self
            .dice
            .one_of(&[-86_400, -3_600, -100, -1, 3_600, 86_400]);
        self.clock.advance_seconds(seconds);
        self.keep_house().await;
        self.figures.jumps += 1;
    }

    async fn keep_house(&self) {
        for (_, app) in self
            .servers
            .iter()
            .cycle()
            .take(ROUNDS * self.servers.len())
        {
            app.keep_house().await.unwrap();
        }
        self.check_house().await;
    }
}

async fn history(stores: Vec<Store>, seed: u64) -> Figures {
    let mut simulation = Simulation::new(stores, seed).await;
    for step in 0..STEPS {
        simulation.step().await;
        if step.is_multiple_of(LOOK) {
            simulation.check().await;
        }
    }
    if seed.is_multiple_of(OFFERS) {
        simulation.trigger().await;
    }
    simulation.wind_up().await;
    for (_, app) in &simulation.servers {
        app.close().await;
    }
    simulation.figures
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

every_engine! {
    async fn no_history_breaks_the_rules(place) {
        let first = number("DASHBOARD_SEED");
        let count = number("DASHBOARD_SIMULATE").unwrap_or(if first.is_some() { 1 } else { HISTORIES });
        let seeds = first.unwrap_or(0)..first.unwrap_or(0) + count;
        let mut stores = vec![place.open().await];
        if place.is_shared() {
            stores.push(place.open().await);
        }
        let mut sum = Figures::default();
        for seed in seeds.clone() {
            let told = tokio::spawn(history(stores.clone(), seed)).await;
            sum.add(told.unwrap_or_else(|failed| {
                eprintln!("the history of DASHBOARD_SEED={seed} breaks a rule");
                std::panic::resume_unwind(failed.into_panic())
            }));
        }
        println!("{count} histories, seeds {seeds:?}: {sum:?}");
        assert!(count < HISTORIES || (sum.claims > 0 && sum.done > 0));
        assert!(count < ENOUGH || (sum.refused > 0 && sum.lies > 0 && sum.reclaimed > 0));
    }
}
