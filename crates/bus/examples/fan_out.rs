//! Measures what subscribers cost: `cargo run --release -p dashboard-bus --example fan_out -- 1000 100 10`
//! (subscribers, events per second, seconds).

use std::time::{Duration, Instant};

use dashboard_bus::{Batch, Bus, EventSubscription};
use model::{EventFilter, EventType, Fact, Principal, Text, Timestamp};
use store::{Database, Store};

#[tokio::main]
async fn main() {
    let mut numbers = std::env::args()
        .skip(1)
        .map(|word| word.parse::<u64>().expect("a number"));
    let mut next = |default| numbers.next().unwrap_or(default);
    let (subscribers, rate, seconds) = (next(1000), next(100), next(10));
    let store = Store::open(&Database::Memory)
        .await
        .expect("open a store in memory");
    let bus = Bus::start(store.clone());
    let total = rate * seconds;

    let mut readers = Vec::new();
    for _ in 0..subscribers {
        let subscription = bus
            .subscribe(None, EventFilter::default())
            .await
            .expect("subscribe");
        readers.push(tokio::spawn(read(subscription, total)));
    }
    let (began, cpu) = (Instant::now(), cpu_seconds());
    tokio::spawn(write(store, rate, total))
        .await
        .expect("write");
    let mut delays = Vec::new();
    for reader in readers {
        delays.extend(reader.await.expect("read"));
    }
    report(&mut delays, began.elapsed(), cpu_seconds() - cpu);
    bus.shutdown().await;
}

async fn write(store: Store, rate: u64, total: u64) {
    let mut tick = tokio::time::interval(Duration::from_secs_f64(1.0 / rate as f64));
    for _ in 0..total {
        tick.tick().await;
        let text = Text::lossy("something happened somewhere");
        let fact = Fact::new(
            EventType::RunUpdated,
            text,
            Principal::server(),
            Timestamp::now(),
        );
        store.append(vec![fact]).await.expect("append");
    }
}

/// Microseconds from the fact to its frame.
async fn read(mut subscription: EventSubscription, total: u64) -> Vec<i64> {
    let mut delays = Vec::new();
    while (delays.len() as u64) < total {
        let Batch::Frames(frames) = subscription.next_batch().await else {
            return delays;
        };
        let now = Timestamp::now().micros();
        for frame in frames {
            assert!(!frame.json().is_empty());
            delays.push(now - frame.item().created_at.micros());
        }
    }
    delays
}

fn report(delays: &mut [i64], took: Duration, cpu: f64) {
    delays.sort_unstable();
    let at = |part: f64| delays[((delays.len() - 1) as f64 * part) as usize];
    println!("{} deliveries in {:.2} s", delays.len(), took.as_secs_f64());
    println!(
        "delay: p50 {} us, p99 {} us, max {} us",
        at(0.5),
        at(0.99),
        at(1.0)
    );
    println!(
        "cpu: {cpu:.2} s, {:.2} us a delivery",
        cpu * 1e6 / delays.len() as f64
    );
}

/// What this process has used of the processors, on Linux.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2);
    ticks
        .filter_map(|word| word.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}
