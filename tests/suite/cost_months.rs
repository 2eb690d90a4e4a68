//! The bill over months: what is stored grows and ages; and what is bought at a discount.
//!
//! A month has 30 days. Arrivals are even, and writes are there at once, so that growth is
//! the rate times the size. Prices are those of us-east-1 that the kinds' own files name.

use crate::support::{GIBIBYTE, MONTH, billed, kneepoint, package};
use kneepoint::cost::Asked;
use kneepoint::report::{CostLine, Report, Verdict};
use kneepoint::topology::{LoadRequest, load};

/// Simulates a topology; the bill is that of a month.
fn bill(text: &str, sets: &[&str], months: u32) -> Report {
    let asked = Asked {
        months,
        ..Asked::default()
    };
    billed(text, sets, asked)
}

/// One node `n` to which a client writes 100 times a second.
fn writing(parameters: &str) -> String {
    format!(
        r#"{{ "nodes": {{ "n": {{ {parameters} }} }},
            "flows": {{ "main": {{ "at": {{ "client": [ {{ "write": "n" }} ] }} }} }},
            "load": [ {{ "rate": "100/s", "arrivals": "even" }} ],
            "run": {{ "horizon": "10s", "warm_up": "0s", "replications": 1 }} }}"#
    )
}

/// The line of an item, if there is one.
fn found<'r>(report: &'r Report, item: &str) -> Option<&'r CostLine> {
    report.cost.lines.iter().find(|line| line.item == item)
}

/// The line of an item.
#[track_caller]
fn line<'r>(report: &'r Report, item: &str) -> &'r CostLine {
    let lines = &report.cost.lines;
    found(report, item).unwrap_or_else(|| panic!("no line `{item}` in {lines:#?}"))
}

/// Requires a quantity and what it comes to; figures of a report have six digits.
#[track_caller]
fn pays(report: &Report, item: &str, quantity: f64, usd_each: f64) {
    let line = line(report, item);
    within(item, line.quantity, quantity);
    within(item, line.usd, quantity * usd_each);
}

#[track_caller]
fn within(what: &str, found: f64, expected: f64) {
    assert!(
        (found - expected).abs() <= 1.1e-5 * expected.abs(),
        "{what}: {found}, not {expected}"
    );
}

/// What is wrong with a topology, as it is printed.
fn refused(text: &str) -> String {
    match load(&LoadRequest::new(text, "case.json")) {
        Ok(_) => panic!("it was accepted: {text}"),
        Err(found) => kneepoint::diagnostic::render(&found, "case.json", text, false),
    }
}

#[test]
fn a_table_grows_by_what_is_put_and_stays_where_it_expires() {
    let text = writing(
        r#""kind": "dynamodb", "item": "10KiB", "stored": "5GiB", "growth": 0.25, "ttl": "90d""#,
    );

    // A quarter of what is put stays: GiB in a month.
    let each = 100.0 * MONTH * 10_240.0 * 0.25 / GIBIBYTE;
    for (month, months) in [(1, 0.5), (3, 2.5), (4, 3.0), (24, 3.0)] {
        let report = bill(&text, &[], month);

        pays(&report, "storage, grown", months * each, 0.25);
        assert_eq!(line(&report, "storage, grown").basis, "measured");
        match found(&report, "storage") {
            Some(old) => assert_eq!((old.quantity, old.basis.as_str()), (5.0, "assumed")),
            None => assert!(month > 3, "what was there is gone after 90 days"),
        }
    }
}

#[test]
fn what_is_not_said_to_grow_does_not() {
    let text = writing(r#""kind": "dynamodb", "item": "10KiB", "stored": "5GiB""#);

    let [first, last] = [1, 60].map(|month| bill(&text, &[], month));

    assert_eq!(first.cost.lines, last.cost.lines);
    assert!(first.cost.months.is_empty());
    let months = &last.cost.months;
    let usd = first.cost.month_usd.value.expect("a total");
    assert_eq!(months.len(), 60);
    within("five years", months[59].so_far_usd, 60.0 * usd);
}

#[test]
fn objects_pay_the_class_that_their_age_puts_them_in() {
    let text = writing(
        r#""kind": "s3", "item": "1MiB", "stored": "1TiB", "growth": 1,
            "lifecycle": { "standard-ia": "30d", "glacier-deep-archive": "105d", "expire": "360d" }"#,
    );
    let each = 100.0 * MONTH * 1_048_576.0 / GIBIBYTE;

    // First month: all of it is in Standard.
    let report = bill(&text, &[], 1);
    pays_by_tiers(&report, 1_024.0 + each / 2.0);
    assert!(found(&report, "storage (Standard-IA), grown").is_none());

    // Fourth month, days 90 to 120: what came in lies a month in Standard, up to 3.5 months
    // all in all in Standard-IA, and goes on to the archive from the middle of the month on.
    let report = bill(&text, &[], 4);
    pays_by_tiers(&report, each);
    let younger = 0.5 * 3.25 + 0.5 * 3.5;
    pays(
        &report,
        "storage (Standard-IA), grown",
        (younger - 1.0) * each,
        0.0125,
    );
    pays(
        &report,
        "storage (Glacier Deep Archive), grown",
        (3.5 - younger) * each,
        0.000_99,
    );
    // What was there at the start moved in the middle of the month as well.
    pays(&report, "storage (Standard-IA)", 512.0, 0.0125);
    pays(&report, "storage (Glacier Deep Archive)", 512.0, 0.000_99);
    let puts = 100.0 * MONTH;
    pays(&report, "moves to Standard-IA", puts, 0.01e-3);
    pays(
        &report,
        "moves to Glacier Deep Archive",
        puts / 2.0,
        0.05e-3,
    );

    // After a year nothing grows any more, and what was there at the start is gone.
    let report = bill(&text, &[], 14);
    pays(&report, "storage (Standard-IA), grown", 2.5 * each, 0.0125);
    pays(
        &report,
        "storage (Glacier Deep Archive), grown",
        8.5 * each,
        0.000_99,
    );
    assert!(found(&report, "storage (Glacier Deep Archive)").is_none());
}

/// Requires what lies in Standard, old and grown, at the tiers of the price list.
#[track_caller]
fn pays_by_tiers(report: &Report, gibibytes: f64) {
    let tiers = [
        (51_200.0, 0.023),
        (460_800.0, 0.022),
        (f64::INFINITY, 0.021),
    ];
    let mut left = gibibytes;
    let mut usd = 0.0;
    for (room, each) in tiers {
        usd += f64::min(left, room) * each;
        left = (left - room).max(0.0);
    }
    let lines = ["storage (Standard)", "storage (Standard), grown"];
    let paid: f64 = lines
        .iter()
        .filter_map(|item| found(report, item))
        .map(|line| line.usd)
        .sum();
    within("Standard", paid, usd);
}

#[test]
fn a_class_has_prices_of_its_own_for_requests_and_bytes_read() {
    let text = r#"{ "nodes": { "n": { "kind": "s3", "class": "standard-ia", "item": "1MiB", "put": "0s", "get": "0s" } },
        "flows": { "main": { "at": { "client": [ { "write": "n" }, { "read": "n" } ] } } },
        "load": [ { "rate": "10/s", "arrivals": "even" } ],
        "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 } }"#;

    let report = bill(text, &[], 1);

    // A read begins when the write has been transferred, 12 ms later.
    let requests = 10.0 * MONTH;
    pays(&report, "puts and lists (Standard-IA)", requests, 0.01e-3);
    pays(&report, "gets (Standard-IA)", requests, 0.001e-3);
    pays(
        &report,
        "bytes retrieved (Standard-IA)",
        requests / 1_024.0,
        0.01,
    );
}

#[test]
fn a_volume_is_made_larger_by_what_is_written() {
    let text = writing(r#""kind": "ebs", "size": "100GiB", "item": "16KiB", "growth": 0.1"#);
    let each = 100.0 * MONTH * 16_384.0 * 0.1 / GIBIBYTE;

    let report = bill(&text, &[], 12);

    pays(&report, "size (gp3)", 100.0, 0.08);
    pays(&report, "size (gp3), grown", 11.5 * each, 0.08);
}

#[test]
fn databases_pay_for_their_volumes() {
    let database = writing(
        r#""kind": "rds", "engine": "mysql", "class": "db.m5.large", "multi_az": true, "replicas": 2,
            "stored": "500GiB", "iops": "15k/s""#,
    );
    let cluster = writing(r#""kind": "aurora", "stored": "500GiB", "overhead": "0s""#);
    let search = writing(r#""kind": "opensearch", "type": "m6g.large.search", "stored": "300GiB""#);

    let report = bill(&database, &[], 1);
    pays(&report, "storage (gp3, Multi-AZ)", 500.0, 0.23);
    pays(&report, "storage (gp3)", 1_000.0, 0.115);
    // 12,000/s are included from 400 GiB on.
    pays(&report, "operations beyond those included", 9_000.0, 0.02);
    let report = bill(&cluster, &[], 1);
    pays(&report, "storage", 500.0, 0.1);
    pays(
        &report,
        "storage operations of writes",
        100.0 * MONTH,
        0.2e-6,
    );
    let report = bill(&search, &[], 1);
    pays(&report, "storage (gp3)", 300.0, 0.122);
}

#[test]
fn five_years_of_links_are_three_terabytes() {
    // C01's arithmetic, from simulated writes: 100M links of 500 bytes a month.
    let text = std::fs::read_to_string(package("topologies/url-shortener.json")).expect("a file");
    let sets = [
        "nodes.urls.growth=1",
        "run.horizon=20s",
        "run.warm_up=5s",
        "run.replications=5",
    ];

    let report = bill(&text, &sets, 60);

    // The mean of a month is what there is in its middle.
    let grown = report
        .cost
        .lines
        .iter()
        .find(|line| line.node == "urls" && line.item == "storage, grown")
        .expect("a line");
    let bytes = grown.quantity * GIBIBYTE * 60.0 / 59.5;
    let half = grown.quantity_half_width.expect("five replications") / grown.quantity;
    // t(4; 0.9995) / t(4; 0.975) = 8.610 / 2.776.
    assert!(
        (bytes / 3e12 - 1.0).abs() <= half * 8.610 / 2.776 + 1e-5,
        "{bytes} ± {half}"
    );
}

/// A fleet under a light load.
fn fleet(parameters: &str) -> String {
    format!(
        r#"{{ "nodes": {{ "n": {{ {parameters}, "compute": "1ms" }} }},
            "load": [ {{ "rate": "1/s", "arrivals": "even" }} ],
            "run": {{ "horizon": "10s", "warm_up": "0s", "replications": 1 }} }}"#
    )
}

#[test]
fn spot_plans_and_reservations_take_their_share_off_hours_alone() {
    let with = |how: &str| {
        let node = format!(r#""kind": "ec2", "type": "c7g.large", "instances": 4, {how}"#);
        bill(&fleet(&node), &[], 1)
    };
    let hours = 4.0 * 720.0;
    let item = "instance c7g.large";

    let spot = with(r#""purchase": "spot""#);
    let plan = with(r#""purchase": "savings-plan""#);
    let reserved = with(r#""purchase": "reserved", "discount": 0.4"#);

    pays(&spot, item, hours, 0.0725 * 0.35);
    pays(&plan, item, hours, 0.0725 * 0.73);
    pays(&reserved, item, hours, 0.0725 * 0.6);
    let off = line(&spot, item).discount.clone().expect("a discount");
    assert_eq!(
        (off.purchase.as_str(), off.share, off.basis.as_str()),
        ("spot", 0.65, "estimate")
    );
    let off = line(&reserved, item).discount.clone().expect("a discount");
    assert_eq!(off.basis, "choice");
    assert!(line(&spot, "data out").discount.is_none());
    let says = |report: &Report| {
        report
            .cost
            .left_out
            .iter()
            .any(|one| one.contains("taken back"))
    };
    assert!(says(&spot) && !says(&plan));
}

#[test]
fn tasks_pods_functions_and_nodes_are_bought_at_a_discount_too() {
    let one = |parameters: &str| bill(&fleet(parameters), &[], 1);
    let write = |parameters: &str| bill(&writing(parameters), &[], 1);

    let tasks = one(r#""kind": "ecs", "tasks": 2, "cpu": 1, "purchase": "spot""#);
    pays(
        &tasks,
        "processors on Fargate (Linux, x86)",
        2.0 * 720.0,
        0.04048 * 0.3,
    );
    let pods = one(r#""kind": "eks", "pods": 4, "purchase": "spot""#);
    pays(&pods, "instance m7g.large", 2.0 * 720.0, 0.0816 * 0.35);
    let beanstalk = one(r#""kind": "elastic-beanstalk", "purchase": "savings-plan""#);
    pays(&beanstalk, "instance t3.small", 720.0, 0.0208 * 0.73);
    let function = one(
        r#""kind": "lambda", "memory": "1769MiB", "provisioned_concurrency": 1, "purchase": "savings-plan", "discount": 0.17"#,
    );
    pays(
        &function,
        "provisioned concurrency (x86)",
        1769.0 / 1024.0 * 720.0,
        4.1667e-6 * 3_600.0 * 0.83,
    );
    assert!(line(&function, "requests").discount.is_none());
    let reserved = r#""purchase": "reserved", "discount": 0.3"#;
    let redis = write(&format!(r#""kind": "elasticache-redis", {reserved}"#));
    pays(&redis, "node cache.r7g.large", 720.0, 0.219 * 0.7);
    let rds = write(&format!(
        r#""kind": "rds", "engine": "mysql", "class": "db.m5.large", {reserved}"#
    ));
    pays(&rds, "instance db.m5.large (mysql)", 720.0, 0.171 * 0.7);
    let aurora = write(&format!(r#""kind": "aurora", {reserved}"#));
    pays(&aurora, "instance db.r6g.large", 720.0, 0.26 * 0.7);
    let table = write(&format!(
        r#""kind": "dynamodb", "billing": "provisioned", "wcu": 200, "rcu": 10, {reserved}"#
    ));
    pays(&table, "write capacity", 200.0 * 720.0, 0.00065 * 0.7);
    let memcached = write(&format!(r#""kind": "elasticache-memcached", {reserved}"#));
    pays(&memcached, "node cache.m7g.large", 720.0, 0.158 * 0.7);
}

#[test]
fn no_bound_is_met_while_instances_have_no_price() {
    let text = writing(r#""kind": "rds", "class": "db.m7g.large", "stored": "10GiB""#)
        .replacen(
            '{',
            r#"{ "objectives": [ "cost < $9000/month", "cost > $1/month" ], "#,
            1,
        )
        .replace(r#""replications": 1"#, r#""replications": 5"#);

    let report = bill(&text, &[], 1);

    pays(&report, "storage (gp3)", 10.0, 0.115);
    let verdicts: Vec<Verdict> = report.objectives.iter().map(|one| one.verdict).collect();
    assert_eq!(verdicts, [Verdict::Undecided, Verdict::Met]);
}

#[test]
fn a_month_is_billed_at_the_mean_rate_and_not_at_the_peak() {
    let text = writing(r#""kind": "dynamodb""#).replace(
        r#""rate": "100/s""#,
        r#""rate": { "users": "86400", "per_user": "20/day", "peak_to_mean": 5 }"#,
    );

    let report = bill(&text, &[], 1);

    // 20/s on average, though 100/s are simulated.
    pays(&report, "write units", 20.0 * MONTH, 0.625e-6);
    within(
        "per user",
        report.cost.per_user_usd.expect("users"),
        20.0 * MONTH * 0.625e-6 / 86_400.0,
    );
}

#[test]
fn copies_that_come_and_go_pay_the_hours_that_they_exist() {
    // Two pods to the middle of the run, then four: of nodes one and a half on average.
    let text = r#"{ "nodes": { "n": { "kind": "eks", "pods": 2, "compute": "1ms",
            "scaling": { "max": 4, "start_up": "0s", "schedule": [ { "at": "50s", "min": 4 } ] } } },
        "load": [ { "rate": "1/s", "arrivals": "even" } ],
        "run": { "horizon": "100s", "warm_up": "0s", "replications": 1 } }"#;

    let report = bill(text, &[], 1);

    let nodes = line(&report, "instance m7g.large");
    assert_eq!(nodes.basis, "measured");
    assert!(
        (nodes.quantity / (1.5 * 720.0) - 1.0).abs() < 0.02,
        "{}",
        nodes.quantity
    );
    // The cluster is there once, whatever runs on it; so are nodes whose number is given.
    pays(&report, "cluster, shared by its deployments", 720.0, 0.1);
    let report = bill(text, &["nodes.n.nodes=3"], 1);
    pays(&report, "instance m7g.large", 3.0 * 720.0, 0.0816);
}

#[test]
fn what_cannot_be_bought_or_age_so_is_refused() {
    let fleet = |more: &str| refused(&fleet(&format!(r#""kind": "ec2", {more}"#)));
    let objects = |more: &str| refused(&writing(&format!(r#""kind": "s3", {more}"#)));

    let missing = fleet(r#""purchase": "reserved""#);
    assert!(missing.contains("needs `discount`"), "{missing}");
    let nothing = fleet(r#""discount": 0.5"#);
    assert!(nothing.contains("needs a `purchase`"), "{nothing}");
    let misspelt = fleet(r#""purchase": "spott""#);
    assert!(misspelt.contains("did you mean `spot`?"), "{misspelt}");
    let fargate = refused(&writing(
        r#""kind": "ecs", "purchase": "reserved", "discount": 0.5"#,
    ));
    assert!(fargate.contains("nobody reserves"), "{fargate}");
    let class = objects(r#""stored": "1TiB", "lifecycle": { "standard-iaa": "30d" }"#);
    assert!(class.contains("did you mean `standard-ia`?"), "{class}");
    let order = objects(
        r#""stored": "1TiB", "lifecycle": { "glacier-flexible": "30d", "standard-ia": "90d" }"#,
    );
    assert!(order.contains("must be later than"), "{order}");
    let back = objects(
        r#""class": "glacier-instant", "stored": "1TiB", "lifecycle": { "standard-ia": "90d" }"#,
    );
    assert!(back.contains("cannot move"), "{back}");
    let empty = objects(r#""lifecycle": { "expire": "90d" }"#);
    assert!(empty.contains("needs `stored` or `growth`"), "{empty}");
    let table = refused(&writing(r#""kind": "dynamodb", "ttl": "90d""#));
    assert!(
        table.contains("needs `stored`, `growth` or `expiry`"),
        "{table}"
    );
}

#[test]
fn the_command_shows_months_and_what_is_taken_off() {
    let run = ["--replications", "5", "--horizon", "5s", "--warm-up", "0s"];
    let sets = [
        "--set",
        "nodes.urls.growth=1",
        "--set",
        "nodes.app.purchase=savings-plan",
        "--set",
        "nodes.app.discount=0.17",
        "--months",
        "30",
    ];
    let ended = kneepoint(&[&["cost", "url-shortener"][..], &run[..], &sets[..]].concat());

    assert_eq!(ended.status, 0, "{}", ended.stderr);
    let text = &ended.stdout;
    assert!(text.contains("the bill of month 30"), "{text}");
    assert!(
        text.contains("duration (x86), savings-plan -17 % (measured)"),
        "{text}"
    );
    assert!(text.contains("storage, grown (measured)"), "{text}");
    let shown = |month: &str| text.lines().any(|line| line.starts_with(month));
    assert!(shown("12 ") && shown("24 ") && shown("30 "), "{text}");
    assert!(!shown("13 "), "{text}");
}
