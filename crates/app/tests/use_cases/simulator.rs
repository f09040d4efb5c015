//! The simulator: random histories of people, workers that die, stop, wake and lie, clocks that jump both ways and servers that
//! restart, each held against the rules of leases. With an even seed everything happens in turn, with an odd one workers ask
//! all at once. On PostgreSQL two servers take turns over the same database.
//!
//! `DASHBOARD_SIMULATE=5000` runs so many histories, `DASHBOARD_SEED=17` only that one; both together run so many from that one
//! on. A failure names its seed.

mod dice;
mod people;
mod rules;
mod workers;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use app::{App, Options};
use bus::Bus;
use model::{Claimed, Clock, Project, RunId, TaskId};
use store::Store;
use testkit::every_engine;

use self::dice::Dice;
use crate::support::*;

/// Histories of a test run.
const HISTORIES: u64 = 4;
/// Things that happen in one history.
const STEPS: usize = 80;
/// Everything is looked at after so many of them.
const LOOK: usize = 8;
/// Workers that come and go.
const HANDS: usize = 5;

/// A worker, with every lease that it believes to hold.
#[derive(Default)]
struct Hand {
    leases: Vec<Claimed>,
    /// Stopped as by SIGSTOP: it neither asks nor speaks until it wakes, and then goes on where it was.
    sleeps: bool,
}

/// What came of the histories.
#[derive(Debug, Default, Clone, Copy)]
struct Figures {
    moves: u64,
    claims: u64,
    refused: u64,
    lies: u64,
    wakes: u64,
    jumps: u64,
    restarts: u64,
    reclaimed: u64,
    done: u64,
}

impl Figures {
    fn add(&mut self, other: Self) {
        self.moves += other.moves;
        self.claims += other.claims;
        self.refused += other.refused;
        self.lies += other.lies;
        self.wakes += other.wakes;
        self.jumps += other.jumps;
        self.restarts += other.restarts;
        self.reclaimed += other.reclaimed;
        self.done += other.done;
    }
}

struct Simulation {
    /// Every history has a project of its own.
    project: Project,
    /// The servers, each with the store that it is over.
    servers: Vec<(Store, App)>,
    turn: AtomicUsize,
    clock: Clock,
    is_crowded: bool,
    dice: Dice,
    hands: Vec<Hand>,
    /// The last lease that was given on each task.
    leases: HashMap<TaskId, RunId>,
    figures: Figures,
}

async fn opened(store: &Store, clock: &Clock) -> App {
    let options = Options {
        clock: clock.clone(),
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
        let project = new_project(&format!("p{seed}"));
        let project = servers[0].1.create_project(&admin(), project).await;
        Self {
            project: project.unwrap().value,
            servers,
            turn: AtomicUsize::new(0),
            clock,
            is_crowded: seed % 2 == 1,
            dice: Dice(seed),
            hands: (0..HANDS).map(|_| Hand::default()).collect(),
            leases: HashMap::new(),
            figures: Figures::default(),
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
        match self.dice.below(30) {
            0..=2 => self.make_task().await,
            3..=6 => self.all_ask().await,
            7..=9 => self.beat(hand).await,
            10..=13 => self.finish(hand).await,
            // It is gone: nobody hears of its leases any more.
            14 => self.hands[hand] = Hand::default(),
            15..=16 => self.stop_or_wake(hand),
            17..=18 => self.lie(hand).await,
            19 => self.reclaim_by_hand().await,
            20 => self.cancel().await,
            21 => self.pause_or_resume().await,
            22 => self.drain_or_resume().await,
            23 => self.retry().await,
            24 => self.ask(hand).await,
            25 => self.answer().await,
            26 => self.judge().await,
            27 => self.restart().await,
            28 => self.pass_time().await,
            _ => self.jump().await,
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
        for (_, app) in &self.servers {
            app.keep_house().await.unwrap();
        }
    }
}

async fn history(stores: Vec<Store>, seed: u64) -> Figures {
    let mut simulation = Simulation::new(stores, seed).await;
    for step in 0..STEPS {
        simulation.step().await;
        if step % LOOK == 0 {
            simulation.check().await;
        }
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
        assert!(first.is_some() || (sum.claims > 0 && sum.refused > 0 && sum.done > 0));
    }
}
