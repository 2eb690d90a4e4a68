//! Stations in a row for `nexosim`, on one thread: a model is a station, a message a request.

use super::Row;
use crate::parts::{Draw, Figures, Latencies};
use kneepoint::random::ComponentStream;
use nexosim::model::{Context, Model, schedulable};
use nexosim::ports::Output;
use nexosim::simulation::{Mailbox, SimInit};
use nexosim::time::MonotonicTime;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A law with the words that it is drawn from.
struct Drawn {
    law: Draw,
    words: ComponentStream,
}

impl Drawn {
    fn next(&mut self) -> u64 {
        self.law.next(&mut self.words)
    }
}

/// Sends requests until the horizon.
#[derive(Serialize, Deserialize)]
struct Source {
    request: Output<u64>,
    horizon: u64,
    // A model must be one that can be saved; these runs are not.
    #[serde(skip)]
    gap: Option<Drawn>,
}

#[Model]
impl Source {
    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>) {
        self.plan(cx);
    }

    #[nexosim(schedulable)]
    async fn arrive(&mut self, _: (), cx: &Context<Self>) {
        self.request.send(now(cx.time())).await;
        self.plan(cx);
    }

    fn plan(&mut self, cx: &Context<Self>) {
        let gap = self.gap.as_mut().map_or(u64::MAX, Drawn::next);
        if now(cx.time()).saturating_add(gap) < self.horizon {
            let after = Duration::from_nanos(gap);
            let planned = cx.schedule_event(after, schedulable!(Self::arrive), ());
            debug_assert!(planned.is_ok(), "a gap is not nothing");
        }
    }
}

/// A hop, a waiting line, servers.
#[derive(Serialize, Deserialize)]
struct Station {
    done: Output<u64>,
    idle: usize,
    hop: u64,
    /// Hops back [ns]; the last station only.
    back: Option<u64>,
    line: VecDeque<u64>,
    #[serde(skip)]
    service: Option<Drawn>,
    #[serde(skip)]
    latencies: Option<Arc<Mutex<Latencies>>>,
}

#[Model]
impl Station {
    async fn request(&mut self, began: u64, cx: &Context<Self>) {
        if self.hop == 0 {
            self.enter(began, cx).await;
            return;
        }
        let hop = Duration::from_nanos(self.hop);
        let planned = cx.schedule_event(hop, schedulable!(Self::enter), began);
        debug_assert!(planned.is_ok(), "a hop is not nothing");
    }

    #[nexosim(schedulable)]
    async fn enter(&mut self, began: u64, cx: &Context<Self>) {
        if self.idle == 0 {
            self.line.push_back(began);
        } else {
            self.idle -= 1;
            self.serve(began, cx);
        }
    }

    #[nexosim(schedulable)]
    async fn finish(&mut self, began: u64, cx: &Context<Self>) {
        match self.line.pop_front() {
            Some(next) => self.serve(next, cx),
            None => self.idle += 1,
        }
        let Some(back) = self.back else {
            self.done.send(began).await;
            return;
        };
        let latency = now(cx.time()) + back - began;
        if let Some(Ok(mut latencies)) = self.latencies.as_ref().map(|one| one.lock()) {
            latencies.record(latency);
        }
    }

    fn serve(&mut self, began: u64, cx: &Context<Self>) {
        // An event cannot be planned for the present: no service takes less than 1 ns.
        let service = self.service.as_mut().map_or(1, Drawn::next).max(1);
        let after = Duration::from_nanos(service);
        let planned = cx.schedule_event(after, schedulable!(Self::finish), began);
        debug_assert!(planned.is_ok(), "a service is not nothing");
    }
}

fn now(time: MonotonicTime) -> u64 {
    time.duration_since(MonotonicTime::EPOCH).as_nanos() as u64
}

/// Runs a row of stations.
///
/// # Errors
///
/// What the crate says.
pub(crate) fn run(row: &Row, horizon: u64, seed: u64) -> Result<Figures, String> {
    let latencies = Arc::new(Mutex::new(Latencies::new()));
    let drawn = |law: fn() -> Draw, place: u64| {
        Some(Drawn {
            law: law(),
            words: ComponentStream::new(seed << 8 | place),
        })
    };
    let mut source = Source {
        request: Output::default(),
        horizon,
        gap: drawn(row.gap, 0),
    };
    let mut stations: Vec<Station> = (1..=row.stations)
        .map(|place| {
            let last = place == row.stations;
            Station {
                done: Output::default(),
                idle: row.servers,
                hop: row.hop,
                back: last.then_some(row.stations as u64 * row.hop),
                line: VecDeque::new(),
                service: drawn(row.service, place as u64),
                latencies: last.then(|| Arc::clone(&latencies)),
            }
        })
        .collect();
    let boxes: Vec<Mailbox<Station>> = stations.iter().map(|_| Mailbox::new()).collect();
    source.request.connect(Station::request, &boxes[0]);
    for (station, next) in stations.iter_mut().zip(&boxes[1..]) {
        station.done.connect(Station::request, next);
    }
    let mut bench = SimInit::with_num_threads(1).add_model(source, Mailbox::new(), "source");
    for (place, (station, mailbox)) in stations.into_iter().zip(boxes).enumerate() {
        bench = bench.add_model(station, mailbox, &format!("station {place}"));
    }
    let said = |error: &dyn std::fmt::Display| format!("nexosim: {error}");
    let mut simulation = bench
        .init(MonotonicTime::EPOCH)
        .map_err(|error| said(&error))?;
    simulation.run().map_err(|error| said(&error))?;
    let latencies = latencies.lock().map_err(|error| said(&error))?;
    Ok(latencies.figures())
}
