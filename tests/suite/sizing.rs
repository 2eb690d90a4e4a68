//! Sizes: the cheapest setting is the one that theory and the price list say, and what is not
//! known to meet an objective is never called one that does.

use crate::support::{Ended, kneepoint, with_input};
use kneepoint::analysis::simulation::Settings;
use kneepoint::analysis::size::size;
use kneepoint::analysis::sweep::Combination;
use kneepoint::diagnostic;
use kneepoint::engine::Nobody;
use kneepoint::metrics::estimate::student;
use kneepoint::report::{Setting, Sizing, Varied, Verdict};
use kneepoint::topology::{LoadRequest, Topology, load};

/// Hours of a month of 30 days.
const HOURS: f64 = 720.0;
/// What a vCPU and a GiB cost in an hour [$].
const PRICES: (f64, f64) = (0.04048, 0.004445);

/// Tasks that serve in 10 ms, exponential: each is an M/M/c with a server per vCPU, and a
/// request comes to any of them. Replies are empty: what is paid is vCPUs and 2 GiB for each.
fn tasks(rate: &str, objectives: &[&str]) -> String {
    let objectives = serde_json::to_string(objectives).expect("texts are JSON");
    format!(
        r#"{{ "nodes": {{ "app": {{ "kind": "ecs", "tasks": 1, "cpu": 1 }} }},
             "flows": {{ "main": {{ "enter": "app", "reply": "0B", "at": {{ "app": [ {{ "compute": {{ "exponential": "10ms" }} }} ] }} }} }},
             "load": [ {{ "flow": "main", "rate": "{rate}" }} ], "objectives": {objectives},
             "run": {{ "horizon": "60s", "warm_up": "10s", "replications": 20, "seed": 1 }} }}"#
    )
}

/// Reads a topology with options.
fn topology(text: &str, sets: &[String]) -> Topology {
    let mut request = LoadRequest::new(text, "case.json");
    request.sets = sets;
    match load(&request) {
        Ok((topology, _)) => topology,
        Err(found) => panic!("{}", diagnostic::render(&found, "case.json", text, false)),
    }
}

/// Sizes a file by tasks and vCPUs of each.
fn sized(text: &str, all: bool, threads: usize, grid: (&[u32], &[u32])) -> Sizing {
    let how = Settings {
        threads,
        precision: None,
    };
    let written = |values: &[u32]| values.iter().map(u32::to_string).collect::<Vec<_>>();
    let parameters = [("nodes.app.tasks", grid.0), ("nodes.app.cpu", grid.1)];
    let parameters = parameters.map(|(path, values)| Varied {
        path: path.to_owned(),
        values: written(values),
    });
    let pairs = grid
        .0
        .iter()
        .flat_map(|tasks| grid.1.iter().map(move |cpu| [*tasks, *cpu]));
    let designs: Vec<(Vec<String>, Topology)> = pairs
        .map(|pair| {
            let values = written(&pair);
            let sets = parameters.iter().zip(&values);
            let sets: Vec<String> = sets
                .map(|(one, value)| format!("{}={value}", one.path))
                .collect();
            (values, topology(text, &sets))
        })
        .collect();
    let settings: Vec<Combination> = designs
        .iter()
        .map(|(values, topology)| Combination {
            values: values.clone(),
            topology,
        })
        .collect();
    size(parameters.to_vec(), &settings, all, &how, &Nobody).expect("it can be sized")
}

/// Returns the setting that is the answer.
fn cheapest(sizing: &Sizing) -> &Setting {
    &sizing.settings[sizing.cheapest.expect("one meets the objectives")]
}

/// Returns the values of settings, joined.
fn named<'s>(settings: impl IntoIterator<Item = &'s Vec<String>>) -> Vec<String> {
    settings.into_iter().map(|one| one.join(" ")).collect()
}

/// The probability that a visit waits at `servers` under so many erlangs: Erlang C.
fn erlang_c(servers: u32, load: f64) -> f64 {
    let b = (1..=servers).fold(1.0, |b, k| load * b / (f64::from(k) + load * b));
    let utilisation = load / f64::from(servers);
    b / (1.0 - utilisation * (1.0 - b))
}

/// p99 of the wait [ms] at `servers` of 100/s each: P(W > t) = C·exp(−(cμ − λ)t).
fn p99_wait_ms(servers: u32, rate: f64) -> f64 {
    let spare = 100.0 * f64::from(servers) - rate;
    1e3 * (erlang_c(servers, rate / 100.0) / 0.01).ln().max(0.0) / spare
}

#[test]
fn the_fewest_servers_of_an_mmc_with_a_bounded_wait_are_those_that_erlang_c_says() {
    // 300/s are too many for one and for two; p99 waits at 4 and 8 are 39 ms and 0.5 ms.
    let grid: (&[u32], &[u32]) = (&[1], &[1, 2, 4, 8, 16]);
    let waits = [4, 8].map(|servers| p99_wait_ms(servers, 300.0));
    assert!(
        waits[0] > 38.0 && waits[0] < 41.0 && waits[1] < 5.0,
        "{waits:?}"
    );
    for (bound_ms, exact) in [(60, 4_u32), (20, 8)] {
        let text = tasks("300/s", &[&format!("app waiting p99 < {bound_ms}ms")]);

        let found = sized(&text, false, 2, grid);

        let best = cheapest(&found);
        assert_eq!(best.values[1], exact.to_string(), "{bound_ms} ms");
        let month = HOURS * f64::from(exact) * (PRICES.0 + 2.0 * PRICES.1);
        let paid = best.month_usd.value.expect("a bill");
        assert!((paid - month).abs() < 1e-3 * month, "{paid}, exact {month}");
        // What is next is half as dear and does not do; what is dearer was not looked at.
        let next = &found.settings[found.next_cheaper.expect("there are fewer")];
        assert_eq!(next.values[1], (exact / 2).to_string());
        assert_eq!(next.verdict, Verdict::Missed);
        assert!(
            found.findings[0].contains(&format!("missed `app waiting p99 < {bound_ms}ms`")),
            "{:?}",
            found.findings
        );
        let left = found.not_simulated.iter().map(|one| &one.values);
        let dearer = [8, 16].into_iter().filter(|cpu| *cpu > exact);
        let dearer: Vec<String> = dearer.map(|cpu| format!("1 {cpu}")).collect();
        assert_eq!(named(left), dearer);
        if exact == 4 {
            let measured = &best.objectives[0].measured;
            let degrees = f64::from(best.replications) - 1.0;
            let wider = student(degrees, 0.999) / student(degrees, 0.95);
            let (value, half) = (
                measured.value.unwrap(),
                measured.half_width.unwrap() * wider,
            );
            println!("M/M/4 p99 wait: exact {}, found {value} ± {half}", waits[0]);
            assert!((value - waits[0]).abs() <= half, "{value} ± {half}");
        }
    }
}

#[test]
fn of_equal_bills_the_one_that_meets_the_objective_is_found() {
    // Two vCPUs in one task are an M/M/2, in two tasks two M/M/1 of half the load each: at
    // 150/s their p99 sojourns are 97 ms and −ln 0.01/(100 − 75) = 184 ms, at the same price.
    let text = tasks("150/s", &["main p99 < 140ms"]);

    let found = sized(&text, false, 2, (&[1, 2], &[1, 2, 4]));

    assert_eq!(cheapest(&found).values, ["1", "2"]);
    let of = |values: [&str; 2]| found.settings.iter().find(|one| one.values == values);
    let two = of(["2", "1"]).expect("it costs as much, and was simulated");
    assert_eq!(two.verdict, Verdict::Missed);
    let exact = 1e3 * -(0.01_f64.ln()) / 25.0;
    let measured = &two.objectives[0].measured;
    let wider = student(19.0, 0.999) / student(19.0, 0.95);
    let half = measured.half_width.unwrap() * wider;
    assert!(
        (measured.value.unwrap() - exact).abs() <= half,
        "{measured:?}, exact {exact}"
    );
    assert_eq!(
        of(["1", "1"]).expect("it is cheapest").verdict,
        Verdict::Missed
    );
    let left = named(found.not_simulated.iter().map(|one| &one.values));
    assert_eq!(left, ["1 4", "2 2", "2 4"]);
}

#[test]
fn what_is_undecided_is_never_called_one_that_meets_the_objectives() {
    // The bound is what four servers have: no number of replications decides it.
    let bound = format!("app waiting p99 < {:.3}ms", p99_wait_ms(4, 300.0));
    let text = tasks("300/s", &[&bound]).replace("60s", "20s");

    let found = sized(&text, false, 2, (&[1], &[4, 8]));

    let four = &found.settings[0];
    assert_eq!(
        (four.values[1].as_str(), four.verdict),
        ("4", Verdict::Undecided)
    );
    assert_eq!(four.replications, 200);
    assert_eq!(cheapest(&found).values[1], "8");
    assert_eq!(found.next_cheaper, Some(0));
    assert!(
        found.findings[0].contains("undecided `app waiting p99"),
        "{:?}",
        found.findings
    );
}

#[test]
fn all_settings_are_simulated_if_that_is_asked_and_the_answer_is_the_same() {
    let text = tasks("150/s", &["main p99 < 140ms"]).replace("60s", "20s");
    let grid: (&[u32], &[u32]) = (&[1, 2], &[1, 2, 4]);

    let (some, all) = (sized(&text, false, 2, grid), sized(&text, true, 2, grid));

    assert_eq!((all.settings.len(), all.not_simulated.len()), (6, 0));
    assert_eq!(cheapest(&all), cheapest(&some));
    // By arithmetic the bill is what is paid: nothing of it follows chance.
    let ratio = all.lowest_ratio.expect("bills");
    assert!((ratio - 1.0).abs() < 1e-3, "{ratio}");
}

#[test]
fn threads_do_not_change_a_size() {
    let text = tasks("150/s", &["main p99 < 140ms"]).replace("60s", "20s");
    let bytes = |threads| sized(&text, false, threads, (&[1, 2], &[1, 2])).to_json();

    assert!(
        bytes(1) == bytes(8),
        "eight threads size otherwise than one"
    );
}

/// Sizes from standard input, over a short time.
fn piped(text: &str, options: &[&str]) -> Ended {
    let fixed = ["size", "-", "--horizon", "20s"];
    with_input(&[&fixed[..], options].concat(), text)
}

/// As few replications as have an interval.
const FEW: [&str; 2] = ["--replications", "5"];
/// What is varied.
const CPU: [&str; 2] = ["--vary", "nodes.app.cpu=1,2,4,8"];

#[test]
fn every_form_of_a_size_is_printed() {
    let file = tasks("150/s", &["main p99 < 500ms"]);
    let form = |form: &str| piped(&file, &[&CPU[..], &FEW, &["--output", form]].concat());
    let (text, json, csv, md) = (form("text"), form("json"), form("csv"), form("md"));

    assert_eq!(text.status, 0, "{}", text.stderr);
    let wide = text.stdout.lines().find(|line| line.chars().count() > 100);
    assert_eq!(wide, None);
    assert!(
        text.stdout
            .starts_with("stdin: the cheapest that meets all objectives is nodes.app.cpu=2,"),
        "{}",
        text.stdout
    );
    assert!(
        text.stdout.contains("next cheaper is nodes.app.cpu=1,"),
        "{}",
        text.stdout
    );
    assert!(
        text.stdout
            .contains("2 costlier settings were not simulated"),
        "{}",
        text.stdout
    );
    let found: Sizing = serde_json::from_str(&json.stdout).expect("it is a sizing");
    assert_eq!((found.schema, found.digest.len()), (1, 64));
    assert_eq!(found.to_json(), json.stdout);
    assert!(
        csv.stdout.starts_with("nodes.app.cpu,month_usd,"),
        "{}",
        csv.stdout
    );
    // Two settings of one objective each, and two that were not simulated.
    assert_eq!(csv.stdout.lines().count(), 5, "{}", csv.stdout);
    assert!(
        md.stdout
            .contains("\n| nodes.app.cpu | $/month | verdict |"),
        "{}",
        md.stdout
    );
}

#[test]
fn a_search_in_which_nothing_meets_the_objectives_exits_99() {
    let ended = piped(
        &tasks("150/s", &["main p99 < 1ms"]),
        &[&CPU[..], &FEW].concat(),
    );

    assert_eq!(ended.status, 99, "{}", ended.stderr);
    assert!(
        ended
            .stdout
            .starts_with("stdin: none of 4 settings is known to meet all objectives"),
        "{}",
        ended.stdout
    );
}

#[test]
fn what_cannot_be_sized_exits_2_and_says_what_to_write() {
    let file = tasks("150/s", &["main p99 < 500ms"]);
    for (ended, expected) in [
        (
            kneepoint(&["size", "url-shortener"]),
            "--vary <PATH=VALUES>",
        ),
        (
            kneepoint(&[
                "size",
                "single-server",
                "--vary",
                "nodes.server.servers=1..3",
            ]),
            "nothing in `single-server` has a price",
        ),
        (
            piped(&file, &[&CPU[..], &["--set", "objectives=[]"]].concat()),
            "has no objectives",
        ),
        (
            piped(&file, &[&CPU[..], &["--replications", "3"]].concat()),
            "--replications 10",
        ),
        (
            piped(&file, &["--vary", "nodes.app.cpu=1,3"]),
            "--vary nodes.app.cpu=3",
        ),
        (
            piped(&file, &["--vary", "a=1..99", "--vary", "b=1..99"]),
            "a search has at most 1000 points, got 9801",
        ),
    ] {
        assert_eq!(ended.status, 2, "{}", ended.stderr);
        assert_eq!(ended.stdout, "");
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    }
}
