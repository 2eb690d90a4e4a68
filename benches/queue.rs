//! The event queue alone against the standard library's heap (hold model).
//!
//! So many events are pending; the earliest is taken and one is added, later by
//! a random time. Both queues see the same times; what they popped is compared.
//!
//! ```text
//! cargo bench --bench queue
//! ```

#![allow(clippy::print_stdout, reason = "a bench prints its table")]

#[path = "measure/mod.rs"]
mod measure;

use kneepoint::engine::queue::{Event, EventQueue, Target};
use kneepoint::random::law::Law;
use kneepoint::random::{Sampler, Unit};
use kneepoint::units::SimTime;
use measure::{ROUNDS, Samples, in_earnest, timed};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A queue under test.
trait Hold {
    fn add(&mut self, event: Event);
    fn take(&mut self) -> Option<Event>;
}

impl Hold for EventQueue {
    fn add(&mut self, event: Event) {
        self.push(event);
    }
    fn take(&mut self) -> Option<Event> {
        self.pop()
    }
}

impl Hold for BinaryHeap<Reverse<Event>> {
    fn add(&mut self, event: Event) {
        self.push(Reverse(event));
    }
    fn take(&mut self) -> Option<Event> {
        self.pop().map(|Reverse(event)| event)
    }
}

/// Holds `pending` events for so many steps; returns ns a step and a sum of what was popped.
fn hold(mut queue: impl Hold, pending: u64, steps: u64, delays: &[u64]) -> (f64, u64) {
    let event = |at: u64, order: u64| Event {
        at: SimTime(at),
        order,
        target: Target::new(0, 0),
        generation: 0,
    };
    let delay = |step: u64| delays[step as usize % delays.len()];
    for order in 0..pending {
        queue.add(event(delay(order), order));
    }
    // Once round, so that the pending times have their lasting law.
    let mut turn = |from: u64, steps: u64| {
        let mut sum = 0u64;
        for order in from..from + steps {
            if let Some(first) = queue.take() {
                sum = sum.wrapping_mul(31).wrapping_add(first.order);
                queue.add(event(first.at.0 + delay(order), order));
            }
        }
        sum
    };
    turn(pending, 2 * pending);
    let (sum, ns) = timed(|| turn(3 * pending, steps));
    (ns / steps as f64, sum)
}

fn main() -> Result<(), String> {
    // Times of 1 ms: exponential, and a mixture of short and long ones.
    let exponential = Law::Exponential { mean: 1e6 };
    let mixed = Law::Mixture(vec![
        (0.9, Law::Exponential { mean: 1e5 }),
        (0.1, Law::Exponential { mean: 9.1e6 }),
    ]);
    let (steps, rounds, most) = if in_earnest() {
        (2_000_000, ROUNDS, 6)
    } else {
        (10_000, 1, 3)
    };
    println!(
        "{:<12} {:>9} {:>9} {:>9} {:>7}  (range)",
        "ns a step", "pending", "queue", "heap", "ratio"
    );
    for (name, law) in [("exponential", exponential), ("mixed", mixed)] {
        let sampler = Sampler::compile(&law, Unit::Nanoseconds);
        let delays: Vec<u64> = (0..1u64 << 20)
            .map(|n| sampler.sample(n, 1, n + 1))
            .collect();
        for exponent in 2..=most {
            let pending = 10u64.pow(exponent);
            let (mut ours, mut theirs) = (Samples::default(), Samples::default());
            for _ in 0..rounds {
                let (ns, popped) = hold(EventQueue::new(), pending, steps, &delays);
                ours.push(ns);
                let (ns, expected) = hold(BinaryHeap::new(), pending, steps, &delays);
                theirs.push(ns);
                if popped != expected {
                    return Err(format!("{name}, {pending} pending: another order"));
                }
            }
            let ratios = ours.over(&theirs);
            let (least, greatest) = ratios.range();
            println!(
                "{name:<12} {pending:>9} {:>9.1} {:>9.1} {:>7.2}  ({least:.2}..{greatest:.2})",
                ours.median(),
                theirs.median(),
                ratios.median()
            );
        }
    }
    Ok(())
}
