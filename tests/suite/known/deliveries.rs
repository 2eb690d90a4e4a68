//! Fan-outs and gathers against their closed forms, and pages against single deliveries.

use super::harness::{Run, near, prepare, run, run_on};
use crate::support::kneepoint;
use kneepoint::metrics::estimate;
use kneepoint::metrics::fan_out::FanOutSlice;
use kneepoint::metrics::recording::Times;
use kneepoint::topology::{LoadRequest, load};
use kneepoint::{compile, engine, report};

impl Run {
    /// One value per replication of a fan-out.
    pub(super) fn of_fan_out(&self, value: impl Fn(&FanOutSlice) -> f64) -> Vec<f64> {
        let record = |recording: &kneepoint::metrics::recording::Recording| {
            value(recording.fan_outs[0].slices.last().expect("a slice"))
        };
        self.recordings.iter().map(record).collect()
    }

    /// Sum over the replications.
    pub(super) fn all(&self, value: impl Fn(&FanOutSlice) -> u64) -> u64 {
        self.of_fan_out(|slice| value(slice) as f64)
            .iter()
            .sum::<f64>() as u64
    }

    /// Mean of times per post [ms].
    pub(super) fn post_mean_ms(
        &self,
        times: impl Fn(&FanOutSlice) -> &Times,
    ) -> estimate::Estimate {
        estimate::ratio(
            &self.of_fan_out(|slice| times(slice).sum as f64 / 1e6),
            &self.of_fan_out(|slice| times(slice).count as f64),
        )
    }

    /// Times per post of all replications, as (value, count), ascending.
    pub(super) fn values(&self, times: impl Fn(&FanOutSlice) -> &Times) -> Vec<(u64, u64)> {
        let mut all = std::collections::BTreeMap::new();
        for recording in &self.recordings {
            let slice = recording.fan_outs[0].slices.last().expect("a slice");
            times(slice)
                .cells
                .for_each(|low, _, count| *all.entry(low).or_insert(0) += count);
        }
        all.into_iter().collect()
    }
}

/// A post to so many recipients every second, straight to their timelines.
pub(super) fn posts(recipients: u32, batch: u32, timelines: &str, horizon: u32) -> String {
    format!(
        r#"{{ "nodes": {{ "app": {{ "kind": "station", "service_time": "0s" }},
                          "timelines": {{ "kind": "station", {timelines} }} }},
            "links": [ "app -> timelines" ],
            "flows": {{ "post": {{ "enter": "app", "at": {{ "app": [
                {{ "fan_out": "post", "recipients": {recipients}, "batch": {batch},
                   "concurrency": {recipients}, "do": [ {{ "write": "timelines" }} ] }} ] }} }} }},
            "load": [ {{ "every": "1s" }} ],
            "run": {{ "horizon": "{horizon}s", "warm_up": "0s" }} }}"#
    )
}

/// Requires that two samples have one law (Kolmogorov and Smirnov, 99.9 %).
#[track_caller]
pub(super) fn same_law(what: &str, one: &[(u64, u64)], other: &[(u64, u64)]) {
    let count = |sample: &[(u64, u64)]| sample.iter().map(|&(_, n)| n).sum::<u64>() as f64;
    let (n, m) = (count(one), count(other));
    let below = |sample: &[(u64, u64)], x: u64| {
        let part = sample.iter().take_while(|&&(value, _)| value <= x);
        part.map(|&(_, n)| n).sum::<u64>() as f64
    };
    let gap = one
        .iter()
        .chain(other)
        .map(|&(x, _)| (below(one, x) / n - below(other, x) / m).abs())
        .fold(0.0, f64::max);
    let bound = 1.949 * ((n + m) / (n * m)).sqrt();
    println!("known {what}: distance {gap:.4} of at most {bound:.4} ({n} and {m} posts)");
    assert!(n > 100.0 && m > 100.0, "{what}: too few posts");
    assert!(gap < bound, "{what}: distance {gap} of at most {bound}");
}

#[test]
fn one_huge_job_takes_the_time_of_its_makespan() {
    // E = (F − W + 1)/(Wμ) + H_{W−1}/μ; reference 127.32 ms.
    let (recipients, servers) = (2000.0, 16.0);
    let rundown: f64 = (1..16).map(|j| 1.0 / f64::from(j)).sum();
    let exact = (recipients - servers + 1.0) / servers + rundown;

    let run = run(&posts(
        2000,
        1,
        r#""servers": 16, "service_time": { "exponential": "1ms" }"#,
        60,
    ));

    near(
        "makespan.each",
        run.post_mean_ms(|slice| &slice.last),
        exact,
        0.02,
    );
    // The first of 2 000 answers is the least of 16 services, exponential itself: the
    // mean of 600 of them lies within 3.5/√600.
    near(
        "makespan.first",
        run.post_mean_ms(|slice| &slice.first),
        1.0 / servers,
        0.143,
    );
}

#[test]
fn a_page_is_as_much_work_as_its_recipients() {
    // One server: F services, however they are cut; Gamma(F) with deviation √F.
    for (batch, cv) in [(1, 1.0), (10, 1.0), (500, 1.0), (50, 0.5)] {
        let run = run(&posts(
            500,
            batch,
            &format!(r#""service_time": {{ "gamma": {{ "mean": "1ms", "cv": {cv} }} }}"#),
            60,
        ));

        let last = run.post_mean_ms(|slice| &slice.last);
        near(&format!("pages.mean_{batch}_{cv}"), last, 500.0, 0.01);
        let squares = run.of_fan_out(|slice| slice.last.squares as f64 / 1e12);
        let counts = run.of_fan_out(|slice| slice.last.count as f64);
        let posts: f64 = counts.iter().sum();
        let mean = last.value.expect("a mean");
        let variance = squares.iter().sum::<f64>() / posts - mean * mean;
        let exact = 500.0 * cv * cv;
        // χ² of n − 1 degrees is normal; 3.3 deviations are 99.9 %.
        let error = 3.3 * (2.0 / posts).sqrt();
        assert!(
            (variance / exact - 1.0).abs() < error,
            "batch {batch}, cv {cv}: variance {variance} instead of {exact} ± {error}"
        );
    }
}

#[test]
fn pages_over_shards_are_as_single_deliveries() {
    let shards = r#""partitions": 8, "service_time": { "exponential": "1ms" }"#;
    let each = run(&posts(1000, 1, shards, 60));
    for batch in [10, 1000] {
        let paged = run(&posts(1000, batch, shards, 60));

        same_law(
            &format!("shards.last_{batch}"),
            &each.values(|slice| &slice.last),
            &paged.values(|slice| &slice.last),
        );
        for run in [&each, &paged] {
            assert_eq!(
                run.all(|slice| slice.delivered),
                1000 * run.all(|s| s.posts)
            );
            assert_eq!(
                run.all(|slice| slice.delivery.count),
                run.all(|s| s.delivered)
            );
        }
        // The work is the same: Σ service, here as busy time of the node.
        let busy = |run: &Run| run.node_average("timelines", |slice| slice.busy_area);
        near("shards.busy", busy(&paged), 1.0, 0.01);
        near("shards.busy_each", busy(&each), 1.0, 0.01);
    }
}

#[test]
fn a_reader_waits_for_the_slowest_of_its_pulls() {
    // The greatest of K exponential times: H_K times their mean.
    let text = r#"{
        "nodes": { "app": { "kind": "station", "service_time": "0s" },
                   "posts": { "kind": "delay", "time": { "exponential": "10ms" } } },
        "links": [ "app -> posts" ],
        "audience": { "users": "1M", "followers": { "pareto": { "exponent": 1.5, "min": 10, "max": "100k" } },
                      "followees": 50, "strategy": "read" },
        "flows": {
            "post": { "enter": "app", "key": "author", "at": { "app": [
                { "fan_out": "feed", "do": [ { "write": "posts" } ] } ] } },
            "read": { "enter": "app/read", "key": "reader", "at": { "app/read": [
                { "gather": "feed", "own": [ { "read": "posts" } ], "pull": [ { "read": "posts" } ] } ] } } },
        "load": [ { "flow": "post", "rate": "10/s" }, { "flow": "read", "rate": "100/s" } ],
        "run": { "horizon": "100s", "warm_up": "0s" } }"#;
    let exact: f64 = (1..=50).map(|k| 10.0 / f64::from(k)).sum();

    let run = run(text);

    near("pulls.mean", run.latency_mean_ms("read"), exact, 0.01);
    assert_eq!(
        run.all(|slice| slice.pulls),
        50 * run.all(|slice| slice.reads)
    );
    assert_eq!(run.all(|slice| slice.delivered), 0, "nobody is pushed to");
    assert_eq!(run.all(|slice| slice.pulled), run.all(|slice| slice.posts));
}

/// A feed that is written and read; `strategy` and `threads` are all that varies.
fn feed(strategy: &str, threads: usize) -> Run {
    run_on(
        &format!(
            r#"{{ "nodes": {{
                "api": {{ "kind": "station", "servers": 64, "service_time": "1ms" }},
                "jobs": {{ "kind": "queue" }},
                "fanout": {{ "kind": "station", "servers": 64 }},
                "pages": {{ "kind": "queue" }},
                "workers": {{ "kind": "station", "servers": 32 }},
                "timelines": {{ "kind": "station", "partitions": 16, "service_time": {{ "exponential": "10us" }} }},
                "posts": {{ "kind": "delay", "time": "2ms" }} }},
            "links": [ "api -> jobs -> fanout -> pages", "api -> timelines", "api -> posts",
                       {{ "from": "pages", "to": "workers", "concurrency": 32 }}, "workers -> timelines" ],
            "audience": {{ "users": "1M", "followers": {{ "pareto": {{ "exponent": 1.3, "min": 20, "max": "200k" }} }},
                           "active": 0.5, "strategy": {strategy} }},
            "flows": {{
                "post": {{ "enter": "api", "key": "author", "at": {{
                    "api": [ {{ "send": "jobs" }} ],
                    "fanout": [ {{ "compute": "100us" }}, {{ "fan_out": "feed", "batch": 1000, "do": [ {{ "send": "pages" }} ] }} ],
                    "workers": [ {{ "compute": "100us" }},
                        {{ "fan_out": "feed", "of": "page", "batch": 300, "concurrency": 2, "do": [ {{ "write": "timelines" }} ] }} ] }} }},
                "read": {{ "enter": "api", "key": "reader", "at": {{ "api": [
                    {{ "gather": "feed", "merge": "10us", "own": [ {{ "read": "timelines", "count": 20 }} ],
                       "pull": [ {{ "read": "posts", "count": 20 }} ] }} ] }} }} }},
            "load": [ {{ "flow": "post", "rate": "20/s" }}, {{ "flow": "read", "rate": "50/s" }} ],
            "run": {{ "horizon": "20s", "warm_up": "0s", "replications": 5 }} }}"#
        ),
        threads,
    )
}

#[test]
fn strategies_meet_the_same_posts_and_share_the_work() {
    let write = feed(r#""write""#, 2);
    let read = feed(r#""read""#, 2);
    let hybrid = feed(r#"{ "hybrid": { "threshold": 5000 } }"#, 2);

    for run in [&write, &read, &hybrid] {
        assert_eq!(run.all(|s| s.posts), write.all(|s| s.posts));
        assert_eq!(run.all(|s| s.reads), write.all(|s| s.reads));
        assert_eq!(run.all(|s| s.delivered), run.all(|s| s.recipients));
        assert_eq!(run.all(|s| s.dropped + s.inside + s.duplicates), 0);
    }
    assert_eq!(write.all(|s| s.pulls), 0);
    assert_eq!(read.all(|s| s.delivered), 0);
    assert!(hybrid.all(|s| s.pulls) > 0 && hybrid.all(|s| s.pulls) < read.all(|s| s.pulls));
    assert!(hybrid.all(|s| s.delivered) < write.all(|s| s.delivered));
    let small = |run: &Run| run.all(|s| s.buckets[0].delivered + s.buckets[1].delivered);
    assert!(small(&hybrid) <= small(&write));
    assert_eq!(
        hybrid.all(|s| s.buckets[0].delivered),
        write.all(|s| s.buckets[0].delivered),
        "small authors push all the same"
    );
    // Deliveries per post: half of the mean followers of a bounded Pareto law.
    let (a, low, high) = (1.3f64, 20.0f64, 200_000.0f64);
    let r: f64 = low / high;
    let followers = a * low / (a - 1.0) * (1.0 - r.powf(a - 1.0)) / (1.0 - r.powf(a));
    let mean = write.all(|s| s.delivered) as f64 / write.all(|s| s.posts) as f64;
    // A heavy tail: two thousand posts carry the mean to within a factor.
    assert!((0.5..2.0).contains(&(mean / (followers / 2.0))), "{mean}");
}

#[test]
fn threads_do_not_change_what_was_delivered() {
    let shown = |run: Run| {
        let all = run.recordings.into_iter();
        all.map(|recording| format!("{:?}", recording.fan_outs))
            .collect::<Vec<_>>()
    };

    assert_eq!(shown(feed(r#""write""#, 1)), shown(feed(r#""write""#, 2)));
}

#[test]
fn pages_that_fail_are_dropped() {
    // Each of 20 pages of 50 fails with one in ten.
    let text = posts(1000, 50, r#""service_time": "10us""#, 60).replace(
        r#"{ "write": "timelines" }"#,
        r#"{ "fail": 0.1 }, { "write": "timelines" }"#,
    );

    let run = run(&text);

    let recipients = run.all(|s| s.recipients);
    assert_eq!(recipients, run.all(|s| s.delivered + s.dropped));
    let pages = recipients as f64 / 50.0;
    let share = run.all(|s| s.dropped) as f64 / recipients as f64;
    let error = 3.3 * (0.1 * 0.9 / pages).sqrt();
    assert!((share - 0.1).abs() < error, "{share} ± {error}");
}

#[test]
fn a_post_that_is_processed_twice_counts_once() {
    // 100 pages of 10 ms outlast the visibility of 600 ms: another begins anew. At 1.2 s
    // the message is given up; by then 60 pages have been delivered twice.
    let text = r#"{
        "nodes": { "jobs": { "kind": "queue", "visibility": "600ms", "max_receives": 2 },
                   "fanout": { "kind": "station", "servers": 10 },
                   "timelines": { "kind": "delay", "time": "10ms" } },
        "links": [ { "from": "jobs", "to": "fanout", "batch": 1 }, "fanout -> timelines" ],
        "flows": { "post": { "at": {
            "client": [ { "send": "jobs" } ],
            "fanout": [ { "fan_out": "post", "recipients": 1000, "batch": 10, "do": [ { "write": "timelines" } ] } ] } } },
        "load": [ { "every": "10s" } ],
        "run": { "horizon": "60s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    assert_eq!(run.all(|s| s.posts), 6);
    assert_eq!(run.all(|s| s.delivered), 6000);
    assert_eq!(run.all(|s| s.dropped), 0);
    assert_eq!(run.all(|s| s.duplicates), 6 * 600);
}

#[test]
fn small_posts_overtake_if_they_may() {
    let text = |order: &str| {
        posts(
            1,
            1,
            r#""discipline": "priority", "service_time": "1ms""#,
            60,
        )
        .replace(
            r#""recipients": 1,"#,
            &format!(r#""recipients": {{ "sequence": [ 900, 10 ] }}, "order": "{order}","#),
        )
        .replace(r#""concurrency": 1,"#, r#""concurrency": 1000,"#)
        .replace(r#"{ "every": "1s" }"#, r#"{ "every": "2s", "batch": 2 }"#)
    };
    let last_of_small = |run: &Run| {
        let values = run.values(|slice| &slice.last);
        values.first().expect("a post").0 as f64 / 1e6
    };

    let arrival = run(&text("arrival"));
    let small = run(&text("small-first"));

    near(
        "small.arrival",
        estimate::Estimate::exact(last_of_small(&arrival)),
        900.0,
        0.02,
    );
    // At most one service is under way when the small post comes.
    near(
        "small.first",
        estimate::Estimate::exact(last_of_small(&small)),
        11.0,
        0.02,
    );
}

#[test]
fn a_hundred_million_deliveries_are_simulated() {
    // 16 shards of 10 µs: 10⁸ · 10 µs / 16 = 62.5 s; √F noise is a hundredth of a percent.
    let text = posts(
        1,
        1,
        r#""partitions": 16, "service_time": { "exponential": "10us" }"#,
        100,
    )
    .replace(r#""recipients": 1,"#, r#""recipients": "100M","#)
    .replace(r#""batch": 1,"#, r#""batch": 10000,"#)
    .replace(r#""concurrency": 1,"#, r#""concurrency": 64,"#)
    .replace(r#"{ "every": "1s" }"#, r#"{ "every": "1000s" }"#)
    .replace(
        r#""warm_up": "0s""#,
        r#""warm_up": "0s", "replications": 2"#,
    );

    let run = run(&text);

    assert_eq!(run.all(|s| s.delivered), 200_000_000);
    assert_eq!(run.all(|s| s.delivery.count), 200_000_000);
    near(
        "hundred_million.last",
        run.post_mean_ms(|s| &s.last),
        62_500.0,
        0.005,
    );
    near(
        "hundred_million.half",
        run.post_mean_ms(|s| &s.reach_50),
        31_250.0,
        0.005,
    );
}

#[test]
fn the_report_says_how_far_posts_got() {
    let text = posts(1000, 50, r#""service_time": "10us""#, 60)
        .replace(
            r#"{ "write": "timelines" }"#,
            r#"{ "fail": 0.1 }, { "write": "timelines" }"#,
        )
        .replace(
            r#""load""#,
            r#""objectives": [ "post last p50 < 11ms", "post reach50 < 1ms", "post deliveries > 95%",
                               "post arrived > 0", "post delivery < 10ms for 99%" ], "load""#,
        );
    let (topology, _) = load(&LoadRequest::new(&text, "case.json")).expect("a valid topology");
    let model = compile::compile(&topology).expect("a model");
    let plan = compile::plan(&topology);
    let recordings = engine::run(&model, &plan, 0..5, 2, &engine::Nobody).expect("the run ends");

    let report = report::build(&report::Input {
        topology: &topology,
        model: &model,
        plan: &plan,
        recordings: &recordings,
        cut: 0,
        analysis: report::Analysis::Terminating,
        unstable_flows: vec![false; model.flows.len()],
        unstable_nodes: vec![false; model.nodes.len()],
        growth_per_s: vec![estimate::Estimate::exact(0.0); model.nodes.len()],
        interrupted: false,
        assumptions: Vec::new(),
        warnings: Vec::new(),
    });

    let post = &report.fan_out["post"];
    assert_eq!((post.posts, post.recipients), (300, 300_000));
    assert_eq!(
        post.recipients,
        post.deliveries + post.dropped + post.inside
    );
    assert_eq!((post.level.as_str(), post.buckets.len()), ("E1", 1));
    assert_eq!(post.buckets[0].followers_to, Some(10_000));
    // Pages of 50 go out at once to one server: the first is done after 50 services.
    assert_eq!(post.first_ms.p50.value, Some(0.5));
    assert_eq!(post.reads, None);
    let verdicts: Vec<_> = report.objectives.iter().map(|one| one.verdict).collect();
    use report::Verdict::{Met, Missed};
    assert_eq!(verdicts, [Met, Missed, Missed, Met, Met]);
    let shown = report::text(&report, false);
    assert!(
        shown.contains("FAN-OUT") && shown.contains("REACHED ms"),
        "{shown}"
    );
    assert!(report::markdown(&report).contains("| post | 300 |"));
    assert!(report::csv(&report).contains("fan_out,post,last_ms.p99,"));
    let again: report::Report = serde_json::from_str(&report.to_json()).expect("its own JSON");
    assert_eq!(again.fan_out, report.fan_out);
}

#[test]
fn a_reader_misses_what_is_under_way() {
    // Every post reaches everybody 0.5 s later, wherever it waits; a reader follows one
    // author in ten. Posts that a reader misses are Poisson with λ = 10/s · 0.5 s · 0.1;
    // the oldest of them has a mean age of T·(1 − (1 − e^−λ)/λ).
    let text = r#"{
        "nodes": { "jobs": { "kind": "queue" }, "fanout": { "kind": "station", "servers": "unlimited" } },
        "links": [ { "from": "jobs", "to": "fanout", "latency": "300ms" } ],
        "audience": { "users": 10000, "followers": 1000, "followees": 1000 },
        "flows": {
            "post": { "key": "author", "at": {
                "client": [ { "send": "jobs" } ],
                "fanout": [ { "fan_out": "post", "recipients": "followers", "do": [ { "pause": "200ms" } ] } ] } },
            "read": { "key": "reader", "at": { "client": [ { "gather": "post", "own": [], "pull": [] } ] } } },
        "load": [ { "flow": "post", "rate": "10/s" }, { "flow": "read", "rate": "50/s" } ],
        "run": { "horizon": "300s", "warm_up": "1s" } }"#;
    let mean = 10.0f64 * 0.5 * 0.1;
    let exact = 500.0 * (1.0 - (1.0 - (-mean).exp()) / mean);

    let run = run(text);

    let staleness = run.post_mean_ms(|slice| &slice.staleness);
    near("staleness.mean", staleness, exact, 0.03);
    let fresh = estimate::ratio(
        &run.of_fan_out(|slice| slice.staleness.zeros as f64),
        &run.of_fan_out(|slice| slice.reads as f64),
    );
    near("staleness.fresh", fresh, (-mean).exp(), 0.02);
    // Little's law: 10 posts a second, 1 000 recipients each, for half a second.
    let delivery = estimate::ratio(
        &run.of_fan_out(|slice| slice.delivery.sum as f64 / 1e6),
        &run.of_fan_out(|slice| slice.delivery.count as f64),
    );
    near("staleness.delivery", delivery, 500.0, 1e-9);
}

#[test]
fn what_would_take_too_long_is_refused() {
    let text = posts(1, 1, r#""partitions": 16, "service_time": "1us""#, 10)
        .replace(r#""recipients": 1,"#, r#""recipients": "100M","#);
    let (model, plan, _) = prepare(&text);

    let refused = engine::run(&model, &plan, 0..1, 1, &engine::Nobody);

    let why = refused.expect_err("a hundred million pages");
    assert!(why.contains("make `batch` larger"), "{why}");
}

#[test]
fn pulls_come_in_batches_and_are_merged() {
    // 50 accounts in 5 batches, one after the other, of 10 ms each; then 0.1 ms an account.
    let text = |concurrency: &str, join: &str| {
        format!(
            r#"{{ "nodes": {{ "app": {{ "kind": "station", "servers": "unlimited" }},
                              "posts": {{ "kind": "delay", "time": "10ms" }} }},
                "links": [ "app -> posts" ],
                "audience": {{ "users": "1M", "followers": 100, "followees": 50, "strategy": "read" }},
                "flows": {{
                    "post": {{ "enter": "app", "key": "author", "at": {{ "app": [
                        {{ "fan_out": "feed", "do": [ {{ "write": "posts" }} ] }} ] }} }},
                    "read": {{ "enter": "app/read", "key": "reader", "at": {{ "app/read": [
                        {{ "gather": "feed", "own": [], "pull": [ {{ "read": "posts" }} ], "batch": 10,
                           "concurrency": {concurrency}, "join": {join}, "merge": "100us" }} ] }} }} }},
                "load": [ {{ "flow": "read", "rate": "20/s" }}, {{ "flow": "post", "rate": "1/s" }} ],
                "run": {{ "horizon": "20s", "warm_up": "0s", "replications": 5 }} }}"#
        )
    };
    for (concurrency, join, exact) in [
        ("1", r#""all""#, 55.0),
        ("2", r#""all""#, 35.0),
        (r#""unlimited""#, r#""all""#, 15.0),
        ("2", "3", 25.0),
        ("1", r#""settled""#, 55.0),
    ] {
        let run = run(&text(concurrency, join));

        let found = run.latency_mean_ms("read");
        near(&format!("gather.{concurrency}_{join}"), found, exact, 1e-9);
    }
}

#[test]
fn parts_that_are_served_at_once_end_as_strands_do() {
    // A bound that is never reached makes every part a strand; nothing else changes. Pages
    // of several posts meet at the shards.
    for (law, batch) in [
        (r#"{ "exponential": "100us" }"#, 100),
        (r#""100us""#, 1000),
        (r#"{ "uniform": [ "50us", "150us" ] }"#, 30),
    ] {
        let text = |bound: &str| {
            posts(
                1000,
                batch,
                &format!(r#""partitions": 8, {bound} "service_time": {law}"#),
                20,
            )
            .replace(r#"{ "every": "1s" }"#, r#"{ "rate": "50/s" }"#)
        };
        let at_once = run(&text(""));
        let strands = run(&text(r#""waiting_limit": 1000000,"#));

        let shown = |run: &Run| {
            let all = run.recordings.iter();
            all.map(|recording| format!("{:?}", recording.fan_outs))
                .collect::<Vec<_>>()
        };
        assert_eq!(shown(&at_once), shown(&strands), "{law}");
        let sums = |run: &Run| {
            run.of_node("timelines", |slice| {
                (slice.busy_area + slice.waiting_area + slice.sojourn.sum + slice.waiting.sum)
                    as f64
            })
        };
        assert_eq!(sums(&at_once), sums(&strands), "{law}");
        let events = |run: &Run| run.recordings.iter().map(|one| one.events).sum::<u64>();
        assert!(events(&at_once) < events(&strands), "{law}");
    }
}

#[test]
fn page_size_and_workers_move_the_end_by_their_quotient() {
    // ⌈⌈F/B⌉/W⌉ rounds of 10 ms each.
    for (batch, workers, exact) in [
        (100, 1, 1000.0),
        (100, 10, 100.0),
        (50, 10, 200.0),
        (200, 10, 50.0),
        (100, 30, 40.0),
        (10_000, 30, 10.0),
    ] {
        let text = posts(10_000, batch, r#""service_time": "0s""#, 10)
            .replace(
                r#""concurrency": 10000,"#,
                &format!(r#""concurrency": {workers},"#),
            )
            .replace(
                r#""do": [ { "write": "timelines" } ]"#,
                r#""do": [ { "pause": "10ms" }, { "write": "timelines" } ]"#,
            );

        let last = run(&text).post_mean_ms(|slice| &slice.last);

        near(&format!("rounds.{batch}_{workers}"), last, exact, 1e-9);
    }
}

#[test]
fn shards_share_the_work_of_a_post() {
    // The fullest of S shards has F/S of a million items or more, and less than five
    // deviations more: P < S·3·10⁻⁷.
    for shards in [4u32, 16, 64] {
        let text = posts(
            1_000_000,
            1_000_000,
            &format!(r#""partitions": {shards}, "service_time": "1us""#),
            10,
        );

        let values = run(&text).values(|slice| &slice.last);

        let mean = 1e9 / f64::from(shards);
        let most = mean + 5.0 * (1e6 / f64::from(shards)).sqrt() * 1e3;
        for (value, _) in values {
            // A cell is at most a thousandth wide.
            let value = value as f64;
            assert!(
                value > mean * 0.999 && value < most * 1.001,
                "{shards} shards: {value} ns instead of {mean} to {most}"
            );
        }
    }
}

#[test]
fn inserts_per_post_are_the_mean_of_the_follower_law() {
    let text = r#"{
        "nodes": { "app": { "kind": "station", "service_time": "0s", "servers": "unlimited" } },
        "audience": { "users": "1M", "followers": { "pareto": { "exponent": 3, "min": 20, "max": 2000 } } },
        "flows": { "post": { "enter": "app", "key": "author", "at": { "app": [
            { "fan_out": "feed", "recipients": "followers", "batch": 2000, "do": [ { "pause": "1ms" } ] } ] } } },
        "load": [ { "rate": "200/s" } ],
        "run": { "horizon": "60s", "warm_up": "0s" } }"#;
    // Bounded Pareto law of exponent 3, rounded to whole followers by halves.
    let (a, low, high) = (3.0f64, 20.0f64, 2000.0f64);
    let r: f64 = low / high;
    let exact = a * low / (a - 1.0) * (1.0 - r.powf(a - 1.0)) / (1.0 - r.powf(a));

    let run = run(text);

    let per_post = estimate::ratio(
        &run.of_fan_out(|slice| slice.delivered as f64),
        &run.of_fan_out(|slice| slice.posts as f64),
    );
    near("inserts.per_post", per_post, exact, 0.01);
}

#[test]
fn above_the_threshold_a_celebrity_bursts_no_more() {
    let read = |more: &[&str]| {
        let command = [
            "run",
            "celebrity-post",
            "--replications",
            "5",
            "--output",
            "json",
        ];
        let ended = kneepoint(&[&command[..], more].concat());
        let report: report::Report = serde_json::from_str(&ended.stdout).expect("a report");
        let p99 = report.flows["read"].latency_ms.p99.value.expect("a p99");
        (p99, report.fan_out["home"].clone())
    };

    let (burst, pushed) = read(&[]);
    let (calm, pulled) = read(&["--set", "audience.strategy.hybrid.threshold=10k"]);

    assert_eq!((pushed.posts, pushed.deliveries), (5, 500_000_000));
    assert_eq!((pulled.posts, pulled.deliveries), (5, 0));
    assert!(pushed.drained_s > Some(10.0), "{:?}", pushed.drained_s);
    // 256 pages of 4 000 over 64 shards are 16 000 items: 80 ms of work before a read's turn.
    assert!(burst > 80.0, "{burst}");
    assert!(calm < 20.0, "{calm}");
}
