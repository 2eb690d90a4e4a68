//! `kneepoint check`: known mistakes, limits, and the arithmetic against runs.

use crate::support::{kneepoint, package, with_input};
use kneepoint::analysis::estimate::{Estimate, estimate};
use kneepoint::analysis::lint::{Finding, RULES, Rule, lint};
use kneepoint::cli::SHIPPED;
use kneepoint::compile::compile;
use kneepoint::spec;
use kneepoint::topology::{LoadRequest, load};

/// Does the arithmetic of a topology, and looks for mistakes in it.
fn checked(text: &str) -> (Estimate, Vec<Finding>) {
    let (topology, _) = load(&LoadRequest::new(text, "case.json")).expect("a topology");
    let model = compile(&topology).expect("it compiles");
    let found = estimate(&topology, &model).expect("calls end");
    let file = spec::read(text).expect("it can be read");
    let findings = lint(&topology, &model, &found, &file);
    (found, findings)
}

/// Requires one finding of a rule, about something and with some words; none after a change.
#[track_caller]
fn breaks(rule: Rule, text: &str, subject: &str, words: &str, change: (&str, &str)) {
    let (_, findings) = checked(text);
    let of_rule: Vec<&Finding> = findings.iter().filter(|one| one.rule == rule).collect();
    assert_eq!(of_rule.len(), 1, "{rule:?}: {findings:?}");
    assert_eq!(of_rule[0].subject, subject, "{rule:?}");
    assert!(of_rule[0].message.contains(words), "{:?}", of_rule[0]);

    assert!(text.contains(change.0), "`{}` is not in {text}", change.0);
    let (_, findings) = checked(&text.replace(change.0, change.1));
    let left: Vec<&Finding> = findings.iter().filter(|one| one.rule == rule).collect();
    assert!(left.is_empty(), "{rule:?} after {change:?}: {left:?}");
}

#[test]
fn a_database_alone_is_a_single_point_of_failure() {
    breaks(
        Rule::SinglePointOfFailure,
        r#"{ "nodes": { "app": { "kind": "ecs", "tasks": 2 }, "db": { "kind": "rds" } },
             "links": [ "app -> db" ],
             "flows": { "main": { "enter": "app", "at": { "app": [ { "compute": "1ms" }, { "read": "db" } ] } } },
             "load": [ { "rate": "50/s" } ] }"#,
        "db",
        "50/s go there",
        (r#""kind": "rds""#, r#""kind": "rds", "multi_az": true"#),
    );
}

#[test]
fn a_hot_read_path_wants_a_cache() {
    let text = r#"{ "nodes": { "app": { "kind": "ecs", "tasks": 4 },
                        "hot": { "kind": "elasticache-redis", "replicas": 1, "cache": { "entries": "10k" } },
                        "items": { "kind": "dynamodb" } },
             "links": [ "app -> items", "app -> hot" ],
             "flows": { "main": { "enter": "app", "key": { "zipf": { "exponent": 1, "count": "1M" } },
               "at": { "app": [ { "write": "hot" }, { "read": "items" } ] } } },
             "load": [ { "rate": "500/s" } ] }"#;
    breaks(
        Rule::NoCache,
        text,
        "items",
        "500/s reads, and no writes, and no cache in front; the likeliest 10k of 1M keys are 68",
        (
            r#"{ "write": "hot" }, { "read": "items" }"#,
            r#"{ "read": "hot", "on_miss": [ { "read": "items" } ] }"#,
        ),
    );
}

#[test]
fn reads_that_no_cache_could_answer_want_none() {
    let (found, findings) = checked(
        r#"{ "nodes": { "app": { "kind": "ecs", "tasks": 4 }, "items": { "kind": "dynamodb" } },
             "links": [ "app -> items" ],
             "flows": { "main": { "enter": "app", "key": { "uniform": [ 1, 1000000 ] },
               "at": { "app": [ { "read": "items" } ] } } },
             "load": [ { "rate": "500/s" } ] }"#,
    );

    let (_, hot) = found.stores[0].hot.expect("one law of keys");
    assert!((hot - 0.01).abs() < 1e-3, "{hot}");
    assert!(
        findings.iter().all(|one| one.rule != Rule::NoCache),
        "{findings:?}"
    );
}

#[test]
fn work_behind_work_could_be_queued() {
    breaks(
        Rule::SynchronousChain,
        r#"{ "nodes": { "lb": { "kind": "alb" }, "orders": { "kind": "ecs", "tasks": 2 },
                        "payments": { "kind": "ecs", "tasks": 2 }, "mail": { "kind": "ecs", "tasks": 2 },
                        "jobs": { "kind": "queue" } },
             "links": [ "lb -> orders -> payments -> mail", "payments -> jobs" ],
             "flows": { "order": { "enter": "lb", "at": {
               "orders":   [ { "compute": "2ms" }, { "call": "payments" } ],
               "payments": [ { "compute": "3ms" }, { "send": "jobs" }, { "call": "mail" } ],
               "mail":     [ { "compute": "50ms" } ] } } },
             "load": [ { "rate": "10/s" } ] }"#,
        "order",
        "orders -> payments -> mail",
        (
            r#"{ "send": "jobs" }, { "call": "mail" }"#,
            r#"{ "call": "mail", "wait": false }"#,
        ),
    );
}

#[test]
fn stations_without_steps_call_one_inside_the_other_too() {
    let names = ["a", "b", "c", "d", "e", "f"];
    let nodes: Vec<String> = names
        .iter()
        .map(|name| format!(r#""{name}": {{ "kind": "station", "service_time": "5ms" }}"#))
        .collect();
    breaks(
        Rule::SynchronousChain,
        &format!(
            r#"{{ "nodes": {{ {}, "q": {{ "kind": "queue" }} }}, "links": [ "a -> b -> c -> d -> e -> f" ],
                  "flows": {{ "main": {{ "at": {{ "client": [ {{ "call": "a" }}, {{ "send": "q" }} ] }} }} }},
                  "load": [ {{ "rate": "10/s" }} ] }}"#,
            nodes.join(", ")
        ),
        "main",
        "a -> b -> c -> d -> e -> f, one inside the other: from `b` on that is 25ms of 30ms",
        ("a -> b -> c", "a -> q -> b -> c"),
    );
}

#[test]
fn retries_without_jitter_come_back_together() {
    breaks(
        Rule::RetryWithoutJitter,
        r#"{ "nodes": { "s": { "kind": "station", "servers": 8, "service_time": "10ms" } },
             "links": [ { "from": "client", "to": "s", "timeout": "500ms",
                          "retry": { "attempts": 3, "backoff": "fixed", "base": "50ms", "budget": {} } } ],
             "load": [ { "rate": "280/s" } ] }"#,
        "client->s",
        "50ms later: at 280/s those of 500ms are 140",
        ("fixed", "full-jitter"),
    );
}

#[test]
fn retries_without_a_budget_multiply_the_load() {
    let text = r#"{ "nodes": { "s": { "kind": "station", "servers": 4, "service_time": "10ms" } },
             "links": [ { "from": "client", "to": "s", "retry": { "attempts": 4, "base": "50ms" } } ],
             "load": [ { "rate": "280/s" } ] }"#;
    breaks(
        Rule::RetryWithoutBudget,
        text,
        "client->s",
        "up to 4 times: 1.12k/s where 280/s come; `s` is full at 1.43 times",
        (r#""base": "50ms""#, r#""base": "50ms", "budget": {}"#),
    );

    // Twelve servers serve all attempts.
    let (_, findings) = checked(&text.replace(r#""servers": 4"#, r#""servers": 12"#));
    assert!(
        findings
            .iter()
            .all(|one| one.rule != Rule::RetryWithoutBudget),
        "{findings:?}"
    );
}

#[test]
fn attempts_of_layers_multiply() {
    let (_, findings) = checked(
        r#"{ "nodes": { "a": { "kind": "station", "servers": "unlimited" },
                        "b": { "kind": "station", "servers": 4, "service_time": "10ms" } },
             "links": [ { "from": "client", "to": "a", "retry": { "attempts": 3, "base": "50ms" } },
                        { "from": "a", "to": "b", "retry": { "attempts": 3, "base": "50ms" } } ],
             "flows": { "main": { "enter": "a", "at": { "a": [ { "call": "b" } ] } } },
             "load": [ { "rate": "100/s" } ] }"#,
    );

    let layered = findings.iter().find(|one| one.subject == "a->b");
    let message = &layered.expect("the retries of `a`").message;
    assert!(
        message.contains("up to 9 times: 900/s where 100/s come"),
        "{message}"
    );
}

#[test]
fn a_time_out_beyond_the_callers_is_work_for_nobody() {
    let text = r#"{ "nodes": { "app": { "kind": "station", "servers": "unlimited" },
                        "db": { "kind": "station", "servers": 8, "service_time": "10ms" } },
             "links": [ { "from": "client", "to": "app", "timeout": "500ms" },
                        { "from": "app", "to": "db", "timeout": "300ms", "retry": { "attempts": 2, "budget": {}, "base": "10ms" } } ],
             "flows": { "main": { "enter": "app", "at": { "app": [ { "read": "db" } ] } } },
             "load": [ { "rate": "100/s" } ] }"#;
    breaks(
        Rule::TimeoutBeyondCallers,
        text,
        "app->db",
        "may take 610ms over 2 attempts, but `client` gives up after 500ms",
        (r#""timeout": "300ms""#, r#""timeout": "200ms""#),
    );
    breaks(
        Rule::TimeoutBeyondCallers,
        text,
        "app->db",
        "610ms",
        (
            r#""timeout": "300ms""#,
            r#""timeout": "300ms", "deadline": true"#,
        ),
    );
}

#[test]
fn what_a_node_a_group_of_steps_or_pauses_take_counts_as_well() {
    let text = r#"{ "nodes": { "api": { "kind": "api-gateway", "timeout": "20s" },
                        "app": { "kind": "lambda", "memory": "1769MiB", "timeout": "25s" }, "db": { "kind": "rds" } },
             "links": [ { "from": "client", "to": "api", "timeout": "60s" }, "api -> app",
                        { "from": "app", "to": "db", "timeout": "4s",
                          "retry": { "attempts": 3, "backoff": "exponential", "base": "3s", "budget": {} } } ],
             "flows": { "main": { "enter": "api", "at": {
               "app": [ { "try": [ { "compute": "5ms" } ], "timeout": "11s", "retry": { "attempts": 2, "base": "1s" } }, { "read": "db" } ] } } },
             "load": [ { "rate": "1/s" } ] }"#;
    let of = |text: &str| {
        let (_, findings) = checked(text);
        let mine = findings.into_iter();
        let mine = mine.filter(|one| one.rule == Rule::TimeoutBeyondCallers);
        let mut said: Vec<(String, String)> = mine.map(|one| (one.subject, one.message)).collect();
        said.sort();
        said
    };

    let found = of(text);

    let begins: Vec<(&str, &str)> = found
        .iter()
        .map(|(subject, message)| {
            (
                subject.as_str(),
                message.split(", but").next().unwrap_or(""),
            )
        })
        .collect();
    assert_eq!(
        begins,
        [
            ("app", "may take 23s over 2 attempts"),
            ("app", "may take 25s"),
            // Three times 4 s, and pauses of 3 s and 6 s.
            ("app->db", "may take 21s over 3 attempts"),
        ]
    );
    assert!(found[0].1.contains("`api` gives up after 20s"), "{found:?}");

    // Who has more time is not told; a gateway that waits longer than its client is.
    assert_eq!(
        of(&text.replace(r#""timeout": "20s""#, r#""timeout": "26s""#)),
        []
    );
    let short = of(&text.replace(r#""timeout": "60s""#, r#""timeout": "19s""#));
    assert!(
        short.iter().any(|(subject, message)| subject == "api->app"
            && message.starts_with("may take 20s, but `client` gives up after 19s")),
        "{short:?}"
    );
}

#[test]
fn a_queue_wants_dead_letters() {
    breaks(
        Rule::NoDeadLetters,
        r#"{ "nodes": { "jobs": { "kind": "sqs", "visibility": "30s", "max_receives": 5 }, "dead": { "kind": "sqs" },
                        "worker": { "kind": "ecs", "tasks": 2 } },
             "links": [ "jobs -> worker", "worker -> dead" ],
             "flows": { "main": { "enter": "jobs", "at": { "worker": [ { "compute": "5ms" }, { "send": "dead" } ] } } },
             "load": [ { "rate": "10/s" } ] }"#,
        "jobs",
        "a message that fails 5 times is lost without a trace",
        (
            r#""worker -> dead" ]"#,
            r#""worker -> dead", { "from": "jobs", "to": "dead", "role": "dead-letter" } ]"#,
        ),
    );
}

#[test]
fn what_is_paid_for_and_not_used_is_over_engineered() {
    breaks(
        Rule::OverEngineered,
        r#"{ "nodes": { "app": { "kind": "ecs", "launch": "fargate", "tasks": 40, "cpu": 2, "memory": "4GiB" } },
             "flows": { "main": { "enter": "app", "at": { "app": [ { "compute": "5ms" } ] } } },
             "load": [ { "rate": "100/s" } ] }"#,
        "app",
        "used at the peak; $142 would buy enough",
        (r#""tasks": 40"#, r#""tasks": 2"#),
    );
}

#[test]
fn rates_that_are_bought_and_not_used_are_over_engineered() {
    let text = r#"{ "nodes": { "t": { "kind": "dynamodb", "billing": "provisioned", "wcu": 900, "rcu": 100, "item": "1KiB" } },
             "flows": { "main": { "key": { "uniform": [ 1, 1000 ] }, "at": { "client": [ { "write": "t" } ] } } },
             "load": [ { "rate": "6/s" } ] }"#;
    // 900 of them for 720 h at $0.00065; 6 are used and 10 enough. The reads cost $9.
    breaks(
        Rule::OverEngineered,
        text,
        "t",
        "$421 a month for write capacity that is 0.667% used at the peak; $5 would buy enough for 60%",
        (r#""wcu": 900"#, r#""wcu": 50"#),
    );
    // Units that follow the load are not bought for ever.
    breaks(
        Rule::OverEngineered,
        text,
        "t",
        "$421",
        (
            r#""wcu": 900"#,
            r#""wcu": 900, "wcu_scaling": { "min": 5, "max": 900, "track": { "utilisation": 0.7 } }"#,
        ),
    );
}

#[test]
fn a_design_without_alarms_tells_nobody() {
    breaks(
        Rule::NoAlarm,
        r#"{ "name": "quiet",
             "nodes": { "app": { "kind": "ecs", "tasks": 2 } },
             "flows": { "main": { "enter": "app", "at": { "app": [ { "compute": "5ms" } ] } } },
             "load": [ { "rate": "100/s" } ] }"#,
        "quiet",
        "nobody is told if the 100/s that come in fail; `app` is nearest to a limit (servers), at ",
        (
            r#""name": "quiet","#,
            r#""name": "quiet", "alarms": { "broken": { "when": "main errors > 1%" } },"#,
        ),
    );
}

#[test]
fn rules_have_names_of_their_own() {
    let names: std::collections::BTreeSet<&str> = RULES.iter().map(|rule| rule.name()).collect();

    assert_eq!(names.len(), RULES.len());
}

#[test]
fn a_limit_says_how_far_away_it_is_and_where_it_comes_from() {
    let (found, _) = checked(
        r#"{ "nodes": { "gate": { "kind": "limiter", "rate": "100/s" }, "api": { "kind": "api-gateway" },
                        "app": { "kind": "lambda", "memory": "1769MiB" }, "votes": { "kind": "dynamodb", "billing": "provisioned", "wcu": 60000, "rcu": 10, "item": "200B" } },
             "links": [ "gate -> api -> app -> votes" ],
             "flows": { "main": { "enter": "gate",
               "key": { "mixture": [ { "weight": 1, "of": 1 }, { "weight": 9, "of": { "uniform": [ 2, 100000 ] } } ] },
               "at": { "app": [ { "compute": "50ms" }, { "write": "votes" } ] } } },
             "load": [ { "rate": "120/s", "shape": { "diurnal": { "peak_to_mean": 2 } } } ] }"#,
    );
    let of = |node: &str, name: &str| {
        let mut all = found.quotas.iter();
        all.find(|one| one.node == node && one.name == name)
            .unwrap_or_else(|| panic!("{node}: {name} is not in {:?}", found.quotas))
    };

    let gate = of("gate", "rate");
    assert_eq!((gate.used, gate.peak, gate.limit), (120.0, 240.0, 100.0));
    assert_eq!(gate.share(), 2.4);
    let gateway = of("api", "requests of the account's APIs");
    assert_eq!(gateway.key, Some("account.api_gateway_rate"));
    assert!((gateway.headroom() - 10_000.0 / 240.0).abs() < 1e-9);
    // A tenth of all writes goes to one key, the rest evenly.
    let partition = of("votes", "partition write units");
    let busiest = 240.0 * (0.1 + 0.9 / f64::from(partition.instances));
    assert!(
        (partition.peak / busiest - 1.0).abs() < 1e-9,
        "{partition:?}"
    );
    assert_eq!(partition.key, Some("partition_write"));
    // The work of a request, and what it waits for.
    let environments = of("app", "environments");
    assert!(
        (240.0 * 0.05..240.0 * 0.09).contains(&environments.peak),
        "{environments:?}"
    );
    assert!(found.quotas.iter().all(|one| !one.source.is_empty()));
    let shares: Vec<f64> = found.quotas.iter().map(|one| one.share()).collect();
    assert!(shares.is_sorted_by(|one, other| one >= other), "{shares:?}");
}

/// Reads the golden report of a shipped topology.
fn golden(name: &str) -> serde_json::Value {
    let text = std::fs::read_to_string(package(&format!("tests/golden/{name}.json")));
    serde_json::from_str(&text.expect("the report can be read")).expect("it is JSON")
}

#[test]
fn the_arithmetic_agrees_with_the_runs() {
    for (name, close) in [("url-shortener", 0.05), ("twitter-feed", 0.1)] {
        let (_, text) = SHIPPED
            .iter()
            .find(|one| one.0 == name)
            .expect("it is shipped");
        let (found, _) = checked(text);
        let report = golden(name);

        let mut compared = 0;
        for (node, rate) in &found.visits {
            let measured = &report["nodes"][node]["arrival_rate_per_s"]["value"];
            let measured = measured.as_f64().expect("it was measured");
            let off = rate / measured - 1.0;
            assert!(off.abs() < close, "{name}: {node}: {rate} and {measured}");
            compared += 1;
        }
        assert!(compared >= 5, "{name}: {compared} nodes");
        let measured = report["cost"]["month_usd"]["value"].as_f64();
        let off = found.bill.month_usd / measured.expect("it was measured") - 1.0;
        assert!(off.abs() < 0.1, "{name}: the bill is off by {off}");
    }
}

#[test]
fn json_holds_what_the_text_says() {
    for (name, _) in SHIPPED {
        let ended = kneepoint(&["check", name, "--output", "json"]);

        assert_eq!(ended.status, 0, "{name}: {}", ended.stderr);
        let found: serde_json::Value = serde_json::from_str(&ended.stdout).expect("it is JSON");
        assert_eq!(found["topology"], *name);
        let flows = found["capacity"]["flows"].as_array().expect("flows");
        assert!(!flows.is_empty(), "{name}");
        assert!(found["limits"].is_array() && found["mistakes"].is_array());
        let month = found["cost"]["month_usd"].as_f64().expect("a bill");
        assert!(month >= 0.0, "{name}: {month}");
    }
}

#[test]
fn check_ends_well_whatever_it_finds_and_badly_on_a_mistake_of_the_file() {
    let overloaded = kneepoint(&["check", "single-server", "--set", "load.main.rate=1k/s"]);
    let wrong = with_input(&["check", "-"], r#"{ "estimate": { "keep": 5 } }"#);

    assert_eq!(overloaded.status, 0, "{}", overloaded.stderr);
    assert!(
        overloaded.stdout.contains("EXCEEDED"),
        "{}",
        overloaded.stdout
    );
    assert_eq!(wrong.status, 2);
    assert_eq!(wrong.stdout, "");
    assert!(
        wrong.stderr.contains("`keep` of `estimate`"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn a_stage_is_taken_until_its_own_end() {
    // Six executions an hour of 2 and of 4 minutes: 0.2 and 0.4 of one place each.
    let (found, _) = checked(
        r#"{ "nodes": { "it": { "kind": "codepipeline", "start": "1m", "transition": "30s" } },
             "flows": { "main": { "at": { "it": [ { "compute": "2m" }, { "compute": "4m" } ] } } },
             "load": [ { "rate": "6/h" } ] }"#,
    );

    let stages = found.quotas.iter().filter(|one| one.limit == 1.0);
    let used: Vec<f64> = stages.map(|one| (one.used * 1e9).round() / 1e9).collect();
    assert_eq!(used, [0.4, 0.2]);
}

#[test]
fn what_tables_provision_is_compared_with_their_quotas() {
    let text = r#"{ "nodes": {
          "a": { "kind": "dynamodb", "billing": "provisioned", "rcu": 10, "wcu": 30000, "index": { "rcu": 5, "wcu": 20000 } },
          "b": { "kind": "dynamodb", "billing": "provisioned", "rcu": 20, "wcu": 100, "wcu_scaling": { "min": 100, "max": 36000, "track": { "utilisation": 0.7 } } } },
        "flows": { "main": { "key": { "uniform": [1, 1000] }, "at": { "client": [ { "write": "a" }, { "write": "b" } ] } } },
        "load": [ { "rate": "10/s" } ] }"#;

    let (found, _) = checked(text);

    let quota = |node: &str, name: &str| {
        let mut all = found.quotas.iter();
        let found = all.find(|one| one.node == node && one.name == name);
        found.map(|one| (one.used as u64, one.limit as u64))
    };
    let of_account = quota("a, b", "provisioned write units of the account");
    assert_eq!(of_account, Some((86_000, 80_000)));
    assert_eq!(
        quota("a", "provisioned write units"),
        Some((50_000, 40_000))
    );
    assert_eq!(
        quota("b", "provisioned write units"),
        Some((36_000, 40_000))
    );
    assert_eq!(quota("a", "provisioned read units"), Some((15, 40_000)));
}
