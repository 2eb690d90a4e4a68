//! Stations in a row for `simrs`: components without state of their own, which lies in its store.

use super::Row;
use crate::parts::{Draw, Figures, Latencies};
use kneepoint::random::ComponentStream;
use simrs::{Component, ComponentId, Executor, Fifo, Key, QueueId, Scheduler, Simulation, State};
use std::time::Duration;

/// Time for the next request.
#[derive(Debug)]
struct Arrive;

/// What happens to a request, by when it began [ns].
#[derive(Debug)]
enum Step {
    Enter(u64),
    Finish(u64),
}

/// Sends requests until the horizon.
struct Source {
    first: ComponentId<Step>,
    horizon: Duration,
    hop: Duration,
    gap: Draw,
    words: Key<ComponentStream>,
}

impl Component for Source {
    type Event = Arrive;

    fn process_event(
        &self,
        self_id: ComponentId<Arrive>,
        _event: &Arrive,
        scheduler: &mut Scheduler,
        state: &mut State,
    ) {
        let now = scheduler.time();
        scheduler.schedule(self.hop, self.first, Step::Enter(now.as_nanos() as u64));
        let Some(words) = state.get_mut(self.words) else {
            return;
        };
        let gap = Duration::from_nanos(self.gap.next(words));
        if now + gap < self.horizon {
            scheduler.schedule(gap, self_id, Arrive);
        }
    }
}

/// A waiting line and servers.
struct Station {
    line: QueueId<Fifo<u64>>,
    idle: Key<usize>,
    service: Draw,
    words: Key<ComponentStream>,
    hop: Duration,
    /// Where requests go on; the last station records instead.
    next: Option<ComponentId<Step>>,
    /// Hops back [ns].
    back: u64,
    latencies: Key<Latencies>,
}

impl Station {
    fn serve(
        &self,
        began: u64,
        self_id: ComponentId<Step>,
        scheduler: &mut Scheduler,
        state: &mut State,
    ) {
        if let Some(words) = state.get_mut(self.words) {
            let service = Duration::from_nanos(self.service.next(words));
            scheduler.schedule(service, self_id, Step::Finish(began));
        }
    }
}

impl Component for Station {
    type Event = Step;

    fn process_event(
        &self,
        self_id: ComponentId<Step>,
        event: &Step,
        scheduler: &mut Scheduler,
        state: &mut State,
    ) {
        match *event {
            Step::Enter(began) => match state.get_mut(self.idle) {
                Some(idle) if *idle > 0 => {
                    *idle -= 1;
                    self.serve(began, self_id, scheduler, state);
                }
                _ => {
                    let sent = state.send(self.line, began);
                    debug_assert!(sent.is_ok(), "the line has no bound");
                }
            },
            Step::Finish(began) => {
                if let Some(waiting) = state.recv(self.line) {
                    self.serve(waiting, self_id, scheduler, state);
                } else if let Some(idle) = state.get_mut(self.idle) {
                    *idle += 1;
                }
                if let Some(next) = self.next {
                    scheduler.schedule(self.hop, next, Step::Enter(began));
                } else if let Some(latencies) = state.get_mut(self.latencies) {
                    let now = scheduler.time().as_nanos() as u64;
                    latencies.record(now + self.back - began);
                }
            }
        }
    }
}

/// Runs a row of stations.
///
/// # Errors
///
/// If the record is lost.
pub(crate) fn run(row: &Row, horizon: u64, seed: u64) -> Result<Figures, String> {
    let mut simulation = Simulation::default();
    let latencies = simulation.state.insert(Latencies::new());
    let hop = Duration::from_nanos(row.hop);
    let mut next = None;
    for place in (1..=row.stations).rev() {
        let station = Station {
            line: simulation.add_queue(Fifo::default()),
            idle: simulation.state.insert(row.servers),
            service: (row.service)(),
            words: simulation
                .state
                .insert(ComponentStream::new(seed << 8 | place as u64)),
            hop,
            next,
            back: row.stations as u64 * row.hop,
            latencies,
        };
        next = Some(simulation.add_component(station));
    }
    let first = next.ok_or("a row has stations")?;
    let mut words = ComponentStream::new(seed << 8);
    let gap = (row.gap)();
    let start = Duration::from_nanos(gap.next(&mut words));
    let source = Source {
        first,
        horizon: Duration::from_nanos(horizon),
        hop,
        gap,
        words: simulation.state.insert(words),
    };
    let source = simulation.add_component(source);
    simulation.schedule(start, source, Arrive);
    simulation.execute(Executor::unbound());
    let latencies = simulation.state.remove(latencies);
    Ok(latencies.ok_or("simrs: the record is lost")?.figures())
}
