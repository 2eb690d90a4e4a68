//! The recorder, fed directly.

use super::harness::prepare;
use kneepoint::metrics::cells::THREE_DIGITS;
use kneepoint::metrics::day_book::{Passed, Stay, first_accounts};
use kneepoint::metrics::distribution::Distribution;
use kneepoint::metrics::recorder::{Area, Departure, Recorder};
use kneepoint::metrics::recording::Times;
use kneepoint::model::{NONE, Outcome};
use kneepoint::random::ComponentStream;
use kneepoint::units::{SimTime, Span};

#[test]
fn a45_one_to_a_hundred_thousand() {
    // In an order that is neither rising nor falling: 7919 is no divisor of 100 000.
    let mut times = Times::new(THREE_DIGITS);
    for n in 0..100_000u64 {
        times.record(n * 7_919 % 100_000 + 1);
    }

    let all = Distribution::of([&times].into_iter(), 3);

    assert_eq!(all.count, 100_000);
    for (id, p, expected) in [
        ("A45.p50", 0.5, 50_000.0),
        ("A45.p99", 0.99, 99_000.0),
        ("A45.p99.9", 0.999, 99_900.0),
        ("A45.p99.99", 0.9999, 99_990.0),
    ] {
        let found = all.quantile_ns(p) as f64;
        assert!((found / expected - 1.0).abs() <= 0.01, "{id}: {found}");
    }
    assert_eq!(all.max, 100_000, "A45.max");
    let mean = all.mean_ns();
    assert!((mean / 50_000.5 - 1.0).abs() <= 1e-6, "A45.mean: {mean}");
}

/// A node with operations and partitions, called over a link by two flows.
const TEXT: &str = r#"{
    "nodes": { "s": { "kind": "station", "service_time": "1ms" },
               "p": { "kind": "station", "partitions": { "count": 3 }, "service_time": "1ms" } },
    "flows": { "one": { "enter": "s" }, "two": { "enter": "p", "key": { "uniform": [1, 9] } } },
    "load": [ { "flow": "one", "rate": "1/s" }, { "flow": "two", "rate": "1/s" } ],
    "run": { "horizon": "100s", "warm_up": "20s", "replications": 1 } }"#;

#[test]
fn what_is_noted_is_what_would_have_been_recorded() {
    let (model, plan, _) = prepare(TEXT);
    let accounts = first_accounts(&model);
    let mut noted = Recorder::new(&model, &plan, 0);
    let mut recorded = Recorder::new(&model, &plan, 0);
    let mut stream = ComponentStream::new(5);
    let mut word = || stream.next_word();
    let (mut clock, mut lags) = (0, false);
    for nth in 0..200_000u64 {
        clock += word() % 1_000_000;
        // Some run far ahead of the clock, over bins, or beyond the horizon.
        let ahead = if nth % 50 == 0 {
            word() % 4_000_000_000
        } else {
            0
        };
        let entered = clock + ahead;
        let waited = if word() % 3 == 0 {
            word() % 30_000_000
        } else {
            0
        };
        let served = (word() % 5).min(1) * (word() % 20_000_000);
        let start = entered + waited;
        let left = start + served;
        let row = (word() % model.rows.len() as u64) as u32;
        let operations = model.nodes[model.rows[row as usize].node as usize]
            .operations
            .len();
        let op = match word() % (operations as u64 + 1) {
            0 => NONE,
            op => op as u32 - 1,
        };
        let departure = Departure {
            row,
            op,
            instance: (word() % 4) as u16,
            entered: SimTime(entered),
            left: SimTime(left),
            outcome: Some(Outcome::Completed),
            orphaned: false,
            waited,
            served: (served > 0).then_some(served),
            item: (word() % 3) as u32,
        };
        let stay = Stay {
            entered: departure.entered,
            left: departure.left,
            waited,
            served,
            instance: departure.instance,
            item: departure.item,
        };
        if nth % 2 == 0 {
            noted.service(row, SimTime(entered), SimTime(start), SimTime(left));
        } else {
            noted.area(row, Area::Waiting, SimTime(entered), SimTime(start));
            noted.area(row, Area::Busy, SimTime(start), SimTime(left));
        }
        recorded.area(row, Area::Waiting, SimTime(entered), SimTime(start));
        recorded.area(row, Area::Busy, SimTime(start), SimTime(left));
        let (from, to) = (SimTime(entered), SimTime(left));
        let (flow, link) = (
            model.rows[row as usize].flow,
            (nth % model.links.len() as u64) as u32,
        );
        let settled = if nth % 7 == 0 { to + Span(3) } else { to };
        let account = accounts[row as usize] + op.wrapping_add(1);
        if nth % 3 == 0 {
            let passed = Passed {
                flow,
                link,
                account,
                arrived: from,
                left: to,
                bytes_in: 10,
                bytes_out: 20,
            };
            noted.request_passes(&passed, &stay);
        } else {
            noted.request_begins(flow, from, 10);
            noted.call_begins(link, from);
            noted.leave_completed(account, &stay);
            noted.call_completes(link, from, to);
            noted.request_completes(flow, (from, to), Some(settled), 20);
        }
        let settled = if nth % 3 == 0 { to } else { settled };
        if let Some(slice) = recorded.flow_slice(flow, from) {
            slice.bytes_in += 10;
            slice.attempts += 1;
        }
        if let Some(slice) = recorded.link_slice(link, from) {
            slice.tally.arrived += 1;
            slice.attempts += 1;
            slice.tally.left[Outcome::Completed as usize] += 1;
            slice.latency.record(left - entered);
        }
        recorded.leave(&departure);
        if let Some(slice) = recorded.request(flow, from, to, Some(Outcome::Completed)) {
            slice.bytes_out += 20;
            slice.settled.record(settled.0 - entered);
        }
        if nth % 40_000 == 0 {
            let links = |recorder: &Recorder| format!("{:?}", recorder.books().links);
            lags |= links(&noted) != links(&recorded);
            noted.enter_day_book();
            assert_eq!(links(&noted), links(&recorded));
        }
    }

    assert!(lags, "nothing was noted first");
    let [noted, recorded] = [noted, recorded].map(|one| one.finish(SimTime(clock)));
    assert_eq!(format!("{noted:?}"), format!("{recorded:?}"));
}
