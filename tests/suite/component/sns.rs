//! SNS: the bucket of the account, copies for every subscription, deliveries that fail.

use super::{about, admitted, counted, flood, recovers, said, storm};
use crate::known::harness::{Run, near, run};
use kneepoint::model::Outcome;
use kneepoint::topology::{LoadRequest, load};

/// One key for all.
const KEY: &str = r#"{ "uniform": [7, 7] }"#;

#[test]
fn topics_share_the_messages_of_the_account() {
    let text = r#"{ "nodes": { "one": { "kind": "sns", "rate": "300/s", "publish": "1ms" }, "other": { "kind": "sns", "rate": "300/s", "publish": "1ms" } },
        "flows": { "a": { "at": { "client": [ { "send": "one" } ] } }, "b": { "at": { "client": [ { "send": "other", "count": 2 } ] } } },
        "load": [ { "flow": "a", "rate": "200/s", "arrivals": "even", "stop": "10s" }, { "flow": "b", "rate": "200/s", "arrivals": "even", "stop": "10s" } ],
        "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    // One second of the rate at the start, and what comes in until the last arrival.
    let messages = admitted(&run, "one") + 2 * admitted(&run, "other");
    about("messages", messages, 300.0 * (1.0 + 10.0 - 1.0 / 200.0));
}

#[test]
fn every_subscription_that_matches_gets_a_copy_after_the_lag() {
    let nodes = r#""news": { "kind": "sns", "publish": "5ms", "lag": "70ms" },
                   "all": { "kind": "delay" }, "tenth": { "kind": "delay" }, "none": { "kind": "delay" }"#;
    let links = r#""news -> all", { "from": "news", "to": "tenth", "share": 0.1 },
                   { "from": "news", "to": "none", "match": [ "/other" ] }"#;

    let run = flood(nodes, links, r#"{ "send": "news" }"#, KEY, 1_000, 10);

    let arrived = |node: &str| counted(&run, node, |s| s.tally.arrived);
    assert_eq!((arrived("all"), arrived("none")), (9_925, 0));
    // Of those that come before the end; binomial: 993 ± 3.3·√893.
    assert!(arrived("tenth").abs_diff(993) < 99, "{}", arrived("tenth"));
    near("sns.publish", run.latency_mean_ms("main"), 5.0, 1e-9);
}

#[test]
fn a_delivery_that_fails_is_tried_again_alone() {
    let text = r#"{ "nodes": { "news": { "kind": "sns", "publish": "0s", "lag": "0s" },
                               "well": { "kind": "delay" }, "sick": { "kind": "external", "failure": 1 } },
        "links": [ "news -> well", "news -> sick" ],
        "flows": { "main": { "at": { "client": [ { "send": "news" } ] } } },
        "load": [ { "every": "1h" } ],
        "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    assert_eq!(counted(&run, "well", |s| s.tally.of(Outcome::Completed)), 1);
    // Four at 0 s; at 1 and 2 s; at 3, 4.39, 6.34 and 9.06 s.
    assert_eq!(counted(&run, "sick", |s| s.tally.arrived), 10);
}

#[test]
fn every_protocol_tries_again_in_its_own_way() {
    let tried = |protocol: &str, within: &str| {
        let text = format!(
            r#"{{ "nodes": {{ "news": {{ "kind": "sns", "protocol": "{protocol}", "publish": "0s", "lag": "0s" }},
                             "sick": {{ "kind": "external", "failure": 1 }}, "dead": {{ "kind": "delay" }} }},
                "links": [ "news -> sick", {{ "from": "news", "to": "dead", "role": "dead-letter" }} ],
                "flows": {{ "main": {{ "at": {{ "client": [ {{ "send": "news" }} ] }} }} }},
                "load": [ {{ "every": "100h" }} ],
                "run": {{ "horizon": "{within}", "warm_up": "0s", "replications": 1 }} }}"#
        );
        let run = run(&text);
        (
            counted(&run, "sick", |s| s.tally.arrived),
            counted(&run, "dead", |s| s.tally.arrived),
        )
    };

    // HTTP: at 0, 20, 40 and 60 s, then given up.
    assert_eq!(tried("http", "59s"), (3, 0));
    assert_eq!(tried("http", "61s"), (4, 1));
    // Push: at 0, 10 and 20 s, then after 10, 15.8, 24.8 … 600 s, then every 600 s.
    assert_eq!(tried("push", "29s"), (3, 0));
    assert_eq!(tried("push", "47s"), (5, 0));
    assert_eq!(tried("push", "10h"), (50, 1));
}

#[test]
fn a_fifo_topic_has_a_rate_and_each_group_its_own() {
    let nodes = r#""news": { "kind": "sns", "type": "fifo", "publish": "1ms" }"#;
    let even = r#"{ "uniform": [1, 1000000] }"#;

    let all = flood(nodes, "", r#"{ "send": "news" }"#, even, 5_000, 5);
    let group = flood(nodes, "", r#"{ "send": "news" }"#, KEY, 500, 5);
    let after = storm(nodes, "", r#"{ "send": "news" }"#, 10_000, 1_000);

    about("the topic", admitted(&all, "news"), 3_000.0 * 6.0);
    about("a group", admitted(&group, "news"), 300.0 * 6.0);
    recovers(&after, Outcome::Throttled);
}

#[test]
fn a_fifo_topic_keeps_the_order_of_a_group_up_to_its_queue() {
    // One message at a time from a queue in order, 10 ms each: 100 a second of 50.
    let text = r#"{ "nodes": { "news": { "kind": "sns", "type": "fifo", "publish": "1ms" },
                               "jobs": { "kind": "sqs", "type": "fifo", "send": "1ms", "lag": "0s" }, "work": { "kind": "delay", "time": "10ms" } },
        "links": [ { "from": "news", "to": "jobs", "latency": "0s" }, { "from": "jobs", "to": "work", "batch": 1 } ],
        "flows": { "main": { "key": { "uniform": [7, 7] }, "at": { "client": [ { "send": "news" } ] } } },
        "load": [ { "rate": "50/s", "arrivals": "even", "stop": "10s" } ],
        "run": { "horizon": "12s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    // Acknowledged at 1 ms, in the queue 12 and 1 ms later, done after 10 ms: all alike.
    let settled = |of: &dyn Fn(&kneepoint::metrics::recording::Times) -> f64| {
        run.of_flow("main", |flow| of(&flow.settled))[0] / 1e6
    };
    assert!((settled(&|times| times.max as f64) - 24.0).abs() < 1e-6);
    assert!((settled(&|times| times.sum as f64 / times.count as f64) - 24.0).abs() < 1e-6);
}

#[test]
fn mail_waits_for_the_rate_of_the_account_and_nothing_is_lost() {
    let text = r#"{ "nodes": { "alerts": { "kind": "sns", "protocol": "email", "publish": "0s", "lag": "0s" }, "bills": { "kind": "sns", "protocol": "email", "publish": "0s", "lag": "0s" },
                               "inbox": { "kind": "delay" } },
        "links": [ "alerts -> inbox", "bills -> inbox" ],
        "flows": { "main": { "at": { "client": [ { "send": "alerts" }, { "send": "bills" } ] } } },
        "load": [ { "rate": "20/s", "arrivals": "even", "stop": "5s" } ],
        "run": { "horizon": "5s", "warm_up": "0s", "replications": 1 } }"#;

    let whole = text.replace(r#""horizon": "5s""#, r#""horizon": "30s""#);
    let (run, whole) = (run(text), crate::known::harness::run(&whole));

    // Two topics, 200 messages: ten at once and ten a second.
    let counted_ones = |run: &Run| counted(run, "inbox", |s| s.tally.arrived);
    about("within 5 s", counted_ones(&run), 60.0);
    assert_eq!(counted_ones(&whole), 200);
    assert_eq!(
        counted(&whole, "alerts", |s| s.tally.of(Outcome::Throttled)),
        0
    );
}

#[test]
fn what_is_published_again_to_a_fifo_topic_is_delivered_once() {
    // Every call takes 10 ms, and its caller waits 6 ms.
    let delivered = |topic: &str, queue: &str| {
        let text = format!(
            r#"{{ "nodes": {{ "news": {{ "kind": "sns", "type": "fifo", "publish": "10ms"{topic} }},
                             "jobs": {{ "kind": "sqs", "type": "fifo"{queue} }}, "work": {{ "kind": "delay" }} }},
            "links": [ "news -> jobs", "jobs -> work" ],
            "flows": {{ "main": {{ "at": {{ "client": [ {{ "send": "news", "timeout": "6ms",
                "retry": {{ "attempts": 3, "backoff": "fixed", "base": "0s" }} }} ] }} }} }},
            "load": [ {{ "rate": "10/s", "arrivals": "even", "stop": "10s" }} ],
            "run": {{ "horizon": "30s", "warm_up": "0s", "replications": 1 }} }}"#
        );
        let run = run(&text);
        assert_eq!(counted(&run, "news", |s| s.tally.arrived), 300);
        counted(&run, "work", |s| s.tally.arrived)
    };

    let off = r#", "deduplicates": false"#;
    assert_eq!(delivered("", off), 100);
    assert_eq!(delivered(off, ""), 100, "the queue knows them too");
    assert_eq!(delivered(off, off), 300);
}

#[test]
fn every_subscription_of_a_topic_has_its_own_protocol() {
    // A hundred messages at once. By mail ten at once and ten a second, by text twice as many,
    // to a service all at once; each is late and tries again in its own way.
    let run = |horizon: &str| {
        run(&format!(
            r#"{{ "nodes": {{ "news": {{ "kind": "sns", "publish": "0s", "lag": "50ms",
                    "subscriptions": [ {{ "to": "inbox", "protocol": "email" }}, {{ "to": "phone", "protocol": "sms" }},
                                       {{ "to": "hook", "protocol": "http" }} ] }},
                "f": {{ "kind": "delay" }}, "inbox": {{ "kind": "delay" }}, "phone": {{ "kind": "delay" }},
                "hook": {{ "kind": "external", "failure": 1 }} }},
            "links": [ "news -> f", "news -> inbox", "news -> phone", "news -> hook" ],
            "flows": {{ "main": {{ "at": {{ "client": [ {{ "send": "news" }} ] }} }} }},
            "load": [ {{ "every": "10h", "batch": 100 }} ],
            "run": {{ "horizon": "{horizon}", "warm_up": "0s", "replications": 1 }} }}"#
        ))
    };
    let (soon, late) = (run("60ms"), run("10m"));

    let arrived = |run: &Run, node: &str| counted(run, node, |s| s.tally.arrived);
    assert_eq!(
        arrived(&soon, "f"),
        100,
        "all 50 ms later, as the topic says"
    );
    for node in ["inbox", "phone"] {
        assert_eq!(arrived(&soon, node), 0, "{node}: its lag is its own");
        assert_eq!(arrived(&late, node), 100, "{node}");
    }
    assert_eq!(arrived(&late, "hook"), 400, "four times each");
}

#[test]
fn protocols_of_one_topic_wait_apart() {
    let text = r#"{ "nodes": { "news": { "kind": "sns", "publish": "0s", "protocol": "email", "delivery_rate": "10/s", "lag": "0s",
                    "subscriptions": [ { "to": "phone", "protocol": "sms" } ] },
                "inbox": { "kind": "delay" }, "archive": { "kind": "delay" }, "phone": { "kind": "delay" } },
            "links": [ "news -> inbox", { "from": "news", "to": "archive" }, { "from": "news", "to": "phone" } ],
            "flows": { "main": { "at": { "client": [ { "send": "news" } ] } } },
            "load": [ { "every": "10h", "batch": 400 } ],
            "run": { "horizon": "20s", "warm_up": "0s", "replications": 1 } }"#;
    let run = run(&text.replace(r#""lag": "0s","#, r#""lag": "1us","#));

    // Two mails a message: five at once and five a second. Of texts, twenty; the last of them
    // take longer to arrive than the run lasts.
    let arrived = |node: &str| counted(&run, node, |s| s.tally.arrived);
    about("mails", arrived("inbox"), 105.0);
    about("mails", arrived("archive"), 105.0);
    assert!(
        (200..=400).contains(&arrived("phone")),
        "{}",
        arrived("phone")
    );
}

#[test]
fn a_subscription_without_a_link_is_refused() {
    let text = r#"{ "nodes": { "news": { "kind": "sns", "subscriptions": [ { "to": "nobody", "protocol": "sms" } ] }, "f": { "kind": "delay" } },
        "links": [ "news -> f" ], "flows": { "main": { "at": { "client": [ { "send": "news" } ] } } }, "load": [ { "rate": "1/s" } ] }"#;

    let (topology, _) = load(&LoadRequest::new(text, "case.json")).expect("a topology");
    let found = kneepoint::compile::compile(&topology).expect_err("a mistake");

    assert!(
        found[0]
            .message
            .contains("names `nobody`, to which it has no link"),
        "{}",
        found[0].message
    );
}

#[test]
fn text_messages_pass_at_their_own_rate() {
    let run = |per_s: u32| {
        run(&format!(
            r#"{{ "nodes": {{ "codes": {{ "kind": "sns", "protocol": "sms", "publish": "0s", "lag": "0s" }}, "phone": {{ "kind": "delay" }} }},
            "links": [ "codes -> phone" ],
            "flows": {{ "main": {{ "at": {{ "client": [ {{ "send": "codes" }} ] }} }} }},
            "load": [ {{ "rate": "{per_s}/s", "arrivals": "even", "stop": "100s" }} ],
            "run": {{ "horizon": "100s", "warm_up": "0s", "replications": 1 }} }}"#
        ))
    };
    let (over, at) = (run(40), run(20));

    // Twenty at once and twenty a second; at the very rate nobody waits.
    about(
        "of 40/s",
        counted(&over, "phone", |s| s.tally.arrived),
        2_020.0,
    );
    about(
        "of 20/s",
        counted(&at, "phone", |s| s.tally.arrived),
        2_000.0,
    );
    assert_eq!(at.of_flow("main", |flow| flow.settled.max as f64)[0], 0.0);
}

#[test]
fn a_parameter_of_the_other_order_is_refused() {
    let message = said(r#""kind": "sns", "group_rate": "10/s""#);

    assert!(message.contains("only a FIFO topic has it"), "{message}");
}
