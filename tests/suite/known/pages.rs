//! Pages against single deliveries and against laws: what is drawn in bulk, and how much of it.

use super::deliveries::{posts, same_law};
use super::harness::{Run, near, run, run_on};
use kneepoint::metrics::estimate;
use kneepoint::metrics::recording::Recording;

/// A post to 64 shards of 10 us an item, every 1 000 seconds.
fn large(recipients: &str, batch: u32) -> String {
    posts(
        1,
        1,
        r#""partitions": 64, "service_time": { "exponential": "10us" }"#,
        20,
    )
    .replace(
        r#""recipients": 1,"#,
        &format!(r#""recipients": "{recipients}","#),
    )
    .replace(r#""batch": 1,"#, &format!(r#""batch": {batch},"#))
    .replace(r#""concurrency": 1,"#, r#""concurrency": 64,"#)
    .replace(r#"{ "every": "1s" }"#, r#"{ "every": "1000s" }"#)
    .replace(
        r#""warm_up": "0s""#,
        r#""warm_up": "0s", "replications": 1"#,
    )
}

#[test]
fn what_is_reached_when_has_the_law_of_single_deliveries() {
    // 600 posts of 10 000 each way, in pages of 200: 4 000 single visits would be as many more.
    let shards = r#""partitions": 16, "service_time": { "gamma": { "mean": "20us", "cv": 0.7 } }"#;
    let each = run(&posts(10_000, 1, shards, 60));
    let paged = run(&posts(10_000, 200, shards, 60));

    same_law(
        "pages.half",
        &each.values(|slice| &slice.last),
        &paged.values(|slice| &slice.last),
    );
    // A page is reached when its slowest shard is through: later by a page at most, and by four
    // deviations of what a shard has to do for half of the recipients.
    let (half, paged_half) = (
        each.post_mean_ms(|slice| &slice.reach_50),
        paged.post_mean_ms(|slice| &slice.reach_50),
    );
    let share = 5_000.0 / 16.0;
    let most = 0.02 * 200.0 / 16.0 + 4.0 * 0.02 * (share * (1.0f64 + 0.7 * 0.7)).sqrt();
    let later = paged_half.value.expect("a mean") - half.value.expect("a mean");
    assert!(
        (0.0..most).contains(&later),
        "{later} ms of at most {most} ms"
    );
}

#[test]
fn shards_are_free_again_by_the_law_of_single_deliveries() {
    // A reader who comes to a random shard 0.1 ms after the post waits until that shard is free.
    let text = |batch: u32| {
        format!(
            r#"{{ "nodes": {{ "app": {{ "kind": "station", "service_time": "0s", "servers": "unlimited" }},
                              "timelines": {{ "kind": "station", "partitions": {{ "count": 8, "by": "random" }},
                                              "service_time": {{ "exponential": "100us" }} }} }},
                "links": [ "app -> timelines" ],
                "flows": {{
                    "post": {{ "enter": "app/post", "at": {{ "app/post": [
                        {{ "fan_out": "post", "recipients": 1000, "batch": {batch}, "concurrency": 1000,
                           "do": [ {{ "write": "timelines" }} ] }} ] }} }},
                    "read": {{ "enter": "app/read", "at": {{ "app/read": [ {{ "read": "timelines" }} ] }} }} }},
                "load": [ {{ "flow": "post", "every": "100ms" }}, {{ "flow": "read", "every": "100ms", "start": "100us" }} ],
                "run": {{ "horizon": "30s", "warm_up": "0s", "replications": 4 }} }}"#
        )
    };
    let waits = |run: &Run| {
        let mut all = std::collections::BTreeMap::new();
        let flow = run.flow("read");
        for recording in &run.recordings {
            let slice = recording.flows[flow].slices.last().expect("a slice");
            slice
                .latency
                .cells
                .for_each(|low, _, count| *all.entry(low).or_insert(0) += count);
        }
        all.into_iter().collect::<Vec<(u64, u64)>>()
    };

    let (each, paged) = (run(&text(1)), run(&text(250)));

    same_law("pages.free", &waits(&each), &waits(&paged));
}

#[test]
fn a_page_touches_as_many_shards_as_a_collector_has_coupons() {
    // S·(1 − (1 − 1/S)^B) shards, of S, for a page of B.
    for (shards, batch) in [(16u32, 10u32), (64, 64), (48, 200)] {
        let text = posts(
            100 * batch,
            batch,
            &format!(r#""partitions": {shards}, "service_time": "1us""#),
            20,
        );

        let run = run(&text);

        let node = run.node("timelines");
        let parts = |recording: &Recording| {
            let instances = recording.nodes[node].instances.iter();
            instances.map(|one| one.arrived as f64).sum()
        };
        let parts: Vec<f64> = run.recordings.iter().map(parts).collect();
        let pages = run.of_fan_out(|slice| slice.delivered as f64 / f64::from(batch));
        let s = f64::from(shards);
        let exact = s * (1.0 - (1.0 - 1.0 / s).powi(batch as i32));
        let touched = estimate::ratio(&parts, &pages);
        near(&format!("coupons.{shards}_{batch}"), touched, exact, 0.01);
    }
}

#[test]
fn the_slowest_pull_has_the_quantiles_of_a_maximum() {
    // G⁻¹(p^(1/K)) of K = 40 exponential answers of 10 ms.
    let text = r#"{
        "nodes": { "app": { "kind": "station", "service_time": "0s", "servers": "unlimited" },
                   "posts": { "kind": "delay", "time": { "exponential": "10ms" } } },
        "links": [ "app -> posts" ],
        "audience": { "users": "1M", "followers": 100, "followees": 40, "strategy": "read" },
        "flows": {
            "post": { "enter": "app", "key": "author", "at": { "app": [
                { "fan_out": "feed", "do": [ { "write": "posts" } ] } ] } },
            "read": { "enter": "app/read", "key": "reader", "at": { "app/read": [
                { "gather": "feed", "own": [], "pull": [ { "read": "posts" } ] } ] } } },
        "load": [ { "flow": "post", "rate": "1/s" }, { "flow": "read", "rate": "200/s" } ],
        "run": { "horizon": "60s", "warm_up": "0s" } }"#;

    let run = run(text);

    for (name, p) in [("p50", 0.5), ("p99", 0.99)] {
        let exact = -10.0 * (1.0 - f64::powf(p, 1.0 / 40.0)).ln();
        near(
            &format!("maximum.{name}"),
            run.latency_ms("read", p),
            exact,
            0.02,
        );
    }
}

#[test]
fn ten_million_followers_on_workers_take_their_makespan() {
    // E = (F − W + 1)/(Wμ) + H_{W−1}/μ for W workers that take one item after the other; in
    // pages of 1 000 the run-down is one of pages, a thousandth of the whole.
    let (recipients, workers) = (1e7, 32.0);
    let rundown: f64 = (1..32).map(|j| 1.0 / f64::from(j)).sum();
    let exact = ((recipients - workers + 1.0) / workers + rundown) * 0.01;
    let text = large("10M", 1000)
        .replace(r#""partitions": 64,"#, r#""servers": 32,"#)
        .replace(r#""replications": 1"#, r#""replications": 5"#)
        .replace(r#""horizon": "20s""#, r#""horizon": "10s""#);

    let run = run(&text);

    assert_eq!(run.all(|slice| slice.delivered), 50_000_000);
    let last = run.post_mean_ms(|slice| &slice.last);
    near("makespan.ten_million", last, exact, 0.02);
}

#[test]
fn the_work_of_a_hundred_million_deliveries_is_that_of_their_pages() {
    // No wall time: what is counted is what takes it. A page is a strand, its parts are not.
    let run = run_on(&large("100M", 10_000), 1);

    let recording = &run.recordings[0];
    assert_eq!(run.all(|slice| slice.delivered), 100_000_000);
    println!(
        "known pages.events: {} events, {} of them queued, for 10 000 pages",
        recording.events, recording.queue_events
    );
    assert!(recording.events <= 30_100, "{}", recording.events);
    assert!(
        recording.queue_events <= 10_100,
        "{}",
        recording.queue_events
    );
}

#[test]
fn the_backlog_over_time_is_what_deliveries_wait() {
    // Little's law, exactly: all recipients are reached before the end.
    let text = posts(
        5000,
        100,
        r#""partitions": 4, "service_time": { "exponential": "50us" }"#,
        20,
    );

    let run = run(&text);

    for recording in &run.recordings {
        let record = &recording.fan_outs[0];
        let waited: u128 = record.slices.iter().map(|slice| slice.delivery.sum).sum();
        let slices = record.slices.iter();
        let reached: u64 = slices.map(|slice| slice.reached).sum();
        assert_eq!(record.backlog.iter().sum::<u128>(), waited);
        assert_eq!(reached, 5000 * run.all(|slice| slice.posts) / 10);
        assert_eq!(record.backlog_max, 5000);
    }
}

#[test]
fn recipients_are_delivered_dropped_or_waited_for() {
    // Pages that are throttled, tried again, time out and fail: whatever becomes of them.
    let text = posts(
        2000,
        50,
        r#""partitions": 4, "service_time": { "exponential": "100us" }, "waiting_limit": 30"#,
        20,
    )
    .replace(r#""do": [ "#, r#""do": [ { "fail": 0.05 }, "#)
    .replace(
        r#""links": [ "app -> timelines" ]"#,
        r#""links": [ { "from": "app", "to": "timelines", "timeout": "40ms", "retry": { "attempts": 2, "base": "5ms" } } ]"#,
    );

    let run = run(&text);

    let recipients = run.all(|slice| slice.recipients);
    assert_eq!(recipients, 2000 * run.all(|slice| slice.posts));
    assert_eq!(
        recipients,
        run.all(|slice| slice.delivered + slice.dropped + slice.inside)
    );
    assert!(
        run.all(|slice| slice.dropped) > 0,
        "some pages are given up"
    );
    assert!(run.all(|slice| slice.delivered) > 0, "some are not");
}
