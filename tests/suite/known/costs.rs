//! Bills with known answers: C03 and C04, whose prices stand in the cases.

use crate::support::billed;
use kneepoint::component::find;
use kneepoint::cost::Asked;
use kneepoint::report::Report;

/// Simulates a topology and makes its bill.
fn bill(text: &str) -> Report {
    billed(text, &[], Asked::default())
}

#[test]
fn c03_a_bill_is_divided_among_its_users() {
    // Six tables whose storage, at $0.25 a GiB, costs what the lines of the case do; requests
    // so rare that none comes.
    let amounts = [2_000, 500, 1_000, 3_000, 500, 1_000];
    let names: Vec<String> = (1..=6).map(|place| format!("t{place}")).collect();
    let tables: Vec<String> = names
        .iter()
        .zip(amounts)
        .map(|(name, usd)| {
            let stored = usd * 4;
            format!(r#""{name}": {{ "kind": "dynamodb", "stored": "{stored}GiB" }}"#)
        })
        .collect();
    let steps: Vec<String> = names
        .iter()
        .map(|name| format!(r#"{{ "read": "{name}" }}"#))
        .collect();
    let report = bill(&format!(
        r#"{{ "nodes": {{ {} }}, "flows": {{ "main": {{ "at": {{ "client": [ {} ] }} }} }},
            "load": [ {{ "rate": {{ "users": "50M", "per_user": "0.0000001/month" }}, "arrivals": "even" }} ],
            "run": {{ "horizon": "1s", "warm_up": "0s", "replications": 1 }} }}"#,
        tables.join(", "),
        steps.join(", ")
    ));

    // "C03.total", abs 0; "C03.per_user", rel 1e-6. The guide prints 0.16, a factor of 1,000
    // too much.
    assert_eq!(report.cost.month_usd.value, Some(8_000.0));
    assert_eq!(report.cost.users, Some(50e6));
    let each = report.cost.per_user_usd.expect("users");
    assert!((each / 0.000_16 - 1.0).abs() <= 1e-6, "{each}");
}

#[test]
fn c04_calls_pay_tier_by_tier_and_35_dollars_buy_10_million() {
    let report = bill(
        r#"{ "nodes": { "n": { "kind": "api-gateway", "type": "rest" }, "o": { "kind": "delay" } },
            "links": [ "n -> o" ],
            "load": [ { "rate": "1.1B/month", "arrivals": "even" } ],
            "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 } }"#,
    );
    let calls = report
        .cost
        .lines
        .iter()
        .find(|line| line.item == "REST API calls");
    let listed = find("api-gateway").expect("a kind").prices;
    let price = listed.iter().find(|price| price.item == "REST API calls");
    let price = price.expect("a price");

    // "C04.monthly", rel 1e-6; "C04.calls_bought_by_35_USD", abs 0. The guide prints $35 for
    // these calls: 3,271.1 / 35 is a factor of 93.
    let usd = calls.expect("a line").usd;
    assert!((usd / 3_271.1 - 1.0).abs() <= 1e-6, "{usd}");
    assert!((price.amount(1.1e9) / 3_271.1 - 1.0).abs() <= 1e-6);
    assert_eq!(price.bought(35.0), 10e6);
}
