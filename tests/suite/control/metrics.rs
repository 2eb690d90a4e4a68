//! Every figure of a report can be watched by an alarm, or there is a reason why not.

use kneepoint::compile::compile;
use kneepoint::report;
use kneepoint::topology::{LoadRequest, load};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor, value};

/// What may stand behind a figure.
#[derive(Clone, Copy)]
enum How {
    /// The condition of an alarm that watches it.
    By(&'static str),
    /// Why no alarm can.
    Not(&'static str),
}
use How::{By, Not};

const AT_THE_END: &str =
    "known at the end of the run only: an instant, an extreme or a judgement of all of it";
const QUOTIENT: &str = "a quotient of two that are watched";
const OUTCOME: &str =
    "the part of the visits of one flow, operation or copy: give it a node or a flow of its own";
const NAME: &str = "a name, no figure";
const COUNTED_WHEN_OVER: &str = "known of a visit when it has left, so of no period";
const UNDER_WAY: &str =
    "of the end of the run; while it runs a level says it: `inside`, `line`, `backlog`";

const FLOW: &[(&str, How)] = &[
    ("arrived", By("call arrived > 5")),
    ("completed", By("call completed > 5")),
    ("throttled", By("call throttled > 5")),
    ("shed", By("call shed > 5")),
    ("timed_out", By("call timed_out > 5")),
    ("failed", By("call failed > 5")),
    ("inside", Not(UNDER_WAY)),
    ("attempts", By("call attempts > 5/s")),
    ("completed_share", By("call completed < 99%")),
    ("throttled_share", By("call throttled > 1%")),
    ("shed_share", By("call shed > 1%")),
    ("timed_out_share", By("call timed_out > 1%")),
    ("failed_share", By("call failed > 1%")),
    ("error_share", By("call errors > 1%")),
    ("arrival_rate_per_s", By("call arrived > 5/s")),
    ("throughput_per_s", By("call completed < 5/s")),
    ("goodput_per_s", By("call goodput < 5/s")),
    ("latency_ms", By("call latency p99 > 1s")),
    ("latency_all_ms", By("call latency_all sd > 1s")),
    ("settled_ms", By("call settled mean > 1s")),
    ("inside_mean", By("call inside > 5")),
    ("inside_max", Not(AT_THE_END)),
    ("attempts_per_request", Not(QUOTIENT)),
    ("retried_share", By("call retried > 1%")),
    ("first_error_s", Not(AT_THE_END)),
    ("last_left_s", Not(AT_THE_END)),
    ("bytes_in", By("call bytes_in > 1M/s")),
    ("bytes_out", By("call bytes_out > 1M")),
    ("unstable", Not(AT_THE_END)),
];

const NODE: &[(&str, How)] = &[
    ("kind", Not(NAME)),
    ("arrived", By("q arrived > 5")),
    ("completed", By("q completed > 5")),
    ("throttled", By("q throttled > 5")),
    ("shed", By("q shed > 5")),
    ("timed_out", By("q timed_out > 5")),
    ("failed", By("q failed > 5")),
    ("inside", Not(UNDER_WAY)),
    ("orphaned", By("q orphaned > 1%")),
    ("completed_share", By("q completed < 99%")),
    ("throttled_share", By("q throttled > 1%")),
    ("shed_share", By("q shed > 1%")),
    ("timed_out_share", By("q timed_out > 1%")),
    ("failed_share", By("q failed > 1%")),
    ("error_share", By("q errors > 1%")),
    ("arrival_rate_per_s", By("q attempts > 5/s")),
    ("throughput_per_s", By("q goodput < 5/s")),
    ("visits_per_request", Not(QUOTIENT)),
    ("utilisation", By("q utilisation > 80%")),
    ("servers", By("q servers > 5")),
    ("copies_mean", By("q copies > 5")),
    ("copies_max", Not(AT_THE_END)),
    ("waiting_mean", By("q line > 5")),
    ("waiting_max", Not(AT_THE_END)),
    (
        "busy_mean",
        Not(
            "`utilisation` is its share of the servers; without limited servers `inside` is the same",
        ),
    ),
    ("blocked_mean", Not(COUNTED_WHEN_OVER)),
    ("inside_mean", By("q inside > 5")),
    ("waited_share", By("q waited > 10%")),
    ("waiting_ms", By("q waiting max > 1s")),
    ("service_ms", By("q service p99 > 1s")),
    ("sojourn_ms", By("q sojourn p99 > 1s")),
    ("hit_rate", By("hot hit_rate < 80%")),
    ("hits", By("hot hits < 5/s")),
    ("misses", By("hot misses > 20%")),
    ("joined", By("hot joined > 5")),
    ("stale_share", By("hot stale > 1%")),
    ("lost_writes", Not(AT_THE_END)),
    ("oldest_lost_s", Not(AT_THE_END)),
    ("cold_starts", By("pool cold_starts > 1%")),
    (
        "environments_mean",
        Not("of a pool `inside` are those in work, and `cold_starts` those that begin"),
    ),
    (
        "idle_mean",
        Not("of a pool `inside` are those in work, and `cold_starts` those that begin"),
    ),
    ("first_throttled_s", Not(AT_THE_END)),
    ("last_throttled_s", Not(AT_THE_END)),
    ("batch_mean", Not(QUOTIENT)),
    ("receives_per_message", Not(QUOTIENT)),
    ("duplicates", By("jobs duplicates > 5")),
    ("dead_lettered", By("jobs dead_lettered > 0")),
    ("backlog_end", By("jobs line > 5")),
    ("drained_s", Not(AT_THE_END)),
    ("growth_per_s", Not(AT_THE_END)),
    ("iterator_age_ms", By("events iterator_age p99 > 1s")),
    ("bottleneck_rank", Not(AT_THE_END)),
    ("unstable", Not(AT_THE_END)),
    ("by_flow", Not(OUTCOME)),
    ("by_op", Not(OUTCOME)),
    ("partitions", Not(OUTCOME)),
    ("per_copy", Not(OUTCOME)),
    ("hot_keys", Not(AT_THE_END)),
    (
        "capacity",
        Not("set by the controller that watches its use; `throttled` says that it is short"),
    ),
];

const LINK: &[(&str, How)] = &[
    ("calls", By("app->q arrived > 5")),
    ("attempts", By("app->q attempts > 5/s")),
    ("completed", By("app->q completed < 5")),
    ("throttled", By("app->q throttled > 5")),
    ("shed", By("app->q shed > 5")),
    ("timed_out", By("app->q timed_out > 5")),
    ("failed", By("app->q failed > 5")),
    ("inside", Not(UNDER_WAY)),
    ("completed_share", By("app->q goodput < 99%")),
    ("throttled_share", By("app->q throttled > 1%")),
    ("shed_share", By("app->q shed > 1%")),
    ("timed_out_share", By("app->q timed_out > 1%")),
    ("failed_share", By("app->q failed > 1%")),
    ("error_share", By("app->q errors > 1%")),
    ("hedged", By("app->q hedged > 5%")),
    ("refused", By("app->q refused > 5")),
    ("breaker_opened", By("app->q breaker_opened > 0")),
    ("latency_ms", By("app->q p99 > 1s")),
    ("lag_ms", By("events->reader lag p99 > 1s")),
];

const FAN_OUT: &[(&str, How)] = &[
    ("posts", By("feed posts > 5")),
    ("deliveries", By("feed deliveries > 5/s")),
    (
        "recipients",
        Not("those of posts that have settled are `deliveries` and `dropped`"),
    ),
    ("dropped", By("feed dropped > 1%")),
    ("inside", Not(UNDER_WAY)),
    ("duplicates", By("feed duplicates > 5")),
    ("pulled_share", By("feed pulled > 50%")),
    ("amplification", Not(QUOTIENT)),
    ("first_ms", By("feed first p99 > 1s")),
    ("reach_50_ms", By("feed reach50 p99 > 1s")),
    ("reach_99_ms", By("feed reach99 p99 > 1s")),
    ("last_ms", By("feed last mean > 1s")),
    ("delivery_ms", By("feed delivery p99 > 1s")),
    ("reads", By("feed reads < 1/s")),
    ("staleness_ms", By("feed staleness p99 > 1s")),
    ("pulls_per_read", Not(QUOTIENT)),
    ("visits", By("feed visits > 5/s")),
    ("throttled", By("feed throttled > 5")),
    ("throttled_share", By("feed throttled > 1%")),
    (
        "cost_per_million_usd",
        Not("its flows share nodes with others; `cost` of all or of a node is watched"),
    ),
    (
        "cost_per_million_posts_usd",
        Not("its flows share nodes with others; `cost` of all or of a node is watched"),
    ),
    (
        "cost_per_million_reads_usd",
        Not("its flows share nodes with others; `cost` of all or of a node is watched"),
    ),
    ("backlog_max", Not(AT_THE_END)),
    ("backlog_end", By("feed backlog > 5")),
    ("drained_s", Not(AT_THE_END)),
    (
        "buckets",
        Not("a class of authors; `last` and `delivery` are of all of them"),
    ),
    ("level", Not(NAME)),
];

const COST: &[(&str, How)] = &[
    ("month_usd", By("cost > $5/month")),
    ("per_million_usd", By("cost > $5/million")),
    ("users", Not("it is given, not measured")),
    ("per_user_usd", Not(QUOTIENT)),
    ("standing_usd", By("q cost > $5/month")),
    ("lines", By("jobs cost > $5/million")),
    ("months", Not(AT_THE_END)),
    (
        "flows",
        Not("its requests share nodes with others; `cost` of all or of a node is watched"),
    ),
    ("left_out", Not(NAME)),
];

/// Takes down the names of the fields of a structure that wants to be read.
struct Names<'n>(&'n mut Vec<&'static str>);

impl<'de> Deserializer<'de> for Names<'_> {
    type Error = value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, value::Error> {
        Err(value::Error::custom("no structure"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, value::Error> {
        self.0.extend_from_slice(fields);
        Err(value::Error::custom(
            "the names were all that was asked for",
        ))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// Returns the names of the fields of a part of the report.
fn fields<T: for<'de> Deserialize<'de>>() -> Vec<&'static str> {
    let mut names = Vec::new();
    let read = T::deserialize(Names(&mut names));
    assert!(read.is_err(), "there was nothing to read");
    names
}

/// A design that has everything that is watched, and an alarm.
fn watching(when: &str) -> String {
    format!(
        r#"{{ "nodes": {{ "app": {{ "kind": "delay", "time": "1ms" }}, "q": {{ "kind": "station", "servers": 2, "service_time": "1ms" }},
                "hot": {{ "kind": "cache", "cache": {{ "entries": 10 }} }}, "jobs": {{ "kind": "queue" }}, "worker": {{ "kind": "station", "service_time": "1ms" }},
                "events": {{ "kind": "log" }}, "reader": {{ "kind": "delay", "time": "1ms" }},
                "pool": {{ "kind": "pool", "cold_start": "1ms", "keep_alive": "10s", "service_time": "1ms" }} }},
            "links": [ "app -> q", "app -> hot", "app -> jobs", "jobs -> worker", "app -> events", "events -> reader", "app -> pool" ],
            "audience": {{ "users": 1000, "followers": 20 }},
            "flows": {{
                "call": {{ "enter": "app", "at": {{ "app": [ {{ "call": "q" }}, {{ "call": "pool" }}, {{ "send": "jobs" }}, {{ "send": "events" }} ] }} }},
                "post": {{ "enter": "app", "key": "author", "at": {{ "app": [ {{ "fan_out": "feed", "do": [ {{ "write": "hot" }} ] }} ] }} }},
                "see": {{ "enter": "app", "key": "reader", "at": {{ "app": [ {{ "gather": "feed", "own": [ {{ "read": "hot" }} ],
                    "pull": [ {{ "read": "hot" }} ] }} ] }} }} }},
            "load": [ {{ "flow": "call", "rate": "1/s" }}, {{ "flow": "post", "rate": "1/s" }}, {{ "flow": "see", "rate": "1/s" }} ],
            "objectives": [ "call latency < 1s for 99%" ],
            "alarms": {{ "watch": {{ "when": "{when}" }} }} }}"#
    )
}

/// Checks one part of the report.
fn every_field_is_watched(part: &str, fields: &[&str], table: &[(&str, How)]) {
    let named: Vec<&str> = table.iter().map(|(field, _)| *field).collect();
    assert_eq!(fields, named, "fields of {part}");
    for (field, how) in table {
        match how {
            By(when) => {
                let text = watching(when);
                let loaded = load(&LoadRequest::new(&text, "case.json"));
                let (topology, _) =
                    loaded.unwrap_or_else(|found| panic!("{field} of {part}: {found:?}"));
                let compiled = compile(&topology);
                assert!(compiled.is_ok(), "{field} of {part}: {:?}", compiled.err());
            }
            Not(reason) => assert!(!reason.is_empty(), "{field} of {part}"),
        }
    }
}

#[test]
fn every_figure_of_the_report_is_watched_or_there_is_a_reason() {
    every_field_is_watched("flows", &fields::<report::Flow>(), FLOW);
    every_field_is_watched("nodes", &fields::<report::Node>(), NODE);
    every_field_is_watched("links", &fields::<report::Link>(), LINK);
    every_field_is_watched("fan_out", &fields::<report::FanOut>(), FAN_OUT);
    every_field_is_watched("cost", &fields::<report::Cost>(), COST);
}
