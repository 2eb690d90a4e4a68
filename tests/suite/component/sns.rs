//! SNS: the bucket of the account, copies for every subscription, deliveries that fail.

use super::{about, admitted, counted, flood};
use crate::known::harness::{near, run};
use kneepoint::model::Outcome;

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
    // At 0, 1, 2.35, 4.17, 6.63 and 9.95 s.
    assert_eq!(counted(&run, "sick", |s| s.tally.arrived), 6);
}
