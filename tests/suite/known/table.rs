//! Known answers: systems with closed forms, beside what the program says.
//!
//! The rows are tests, and they are the table in the README. An answer counts as
//! right if the exact value lies within the 99.9 % interval of ten replications:
//! the printed 95 % half-width times t(9; 0.9995) / t(9; 0.975) = 4.781 / 2.262.

use crate::support::{README, blessing, package, with_input};

/// From the 95 % half-width of ten replications to that of 99.9 %.
const WIDER: f64 = 4.781 / 2.262;
/// What stands around the table in the README.
const MARKERS: [&str; 2] = [
    "<!-- known answers: begin -->",
    "<!-- known answers: end -->",
];

/// A system with a closed form.
struct Known {
    /// The system, in Kendall's notation or in words.
    system: &'static str,
    /// What is asked of it.
    quantity: &'static str,
    /// The exact value.
    exact: f64,
    /// Where the value is in the report.
    path: &'static str,
    /// The topology.
    topology: String,
}

/// Makes a topology of one station and one load line.
fn station(parameters: &str, rate: &str) -> String {
    format!(
        r#"{{ "nodes": {{ "q": {{ "kind": "station", {parameters} }} }},
             "load": [ {{ "rate": "{rate}" }} ], "run": {{ "horizon": "2000s" }} }}"#
    )
}

/// Probability of waiting in M/M/c (Erlang C), by way of Erlang B.
fn erlang_c(servers: u32, load: f64) -> f64 {
    let blocked = erlang_b(servers, load);
    let utilisation = load / f64::from(servers);
    blocked / (1.0 - utilisation * (1.0 - blocked))
}

/// Fraction shed by M/G/c/c (Erlang B): B₀ = 1, Bₖ = aBₖ₋₁ / (k + aBₖ₋₁).
fn erlang_b(servers: u32, load: f64) -> f64 {
    (1..=servers).fold(1.0, |blocked, k| {
        load * blocked / (f64::from(k) + load * blocked)
    })
}

/// Returns the systems of the table, with λ and μ in events per second.
fn systems() -> Vec<Known> {
    let exponential = r#""service_time": { "exponential": "10ms" }"#;
    let four = format!(r#""servers": 4, {exponential}"#);
    let latency = |statistic: &'static str| match statistic {
        "mean" => "/flows/main/latency_ms/mean",
        _ => "/flows/main/latency_ms/p99",
    };
    let harmonic: f64 = (1..=16).map(|k| 1.0 / f64::from(k)).sum();
    let branches = vec![r#"[ { "call": "leaf" } ]"#; 16].join(", ");
    let parallel = format!(
        r#"{{ "nodes": {{ "app": {{ "kind": "station", "servers": "unlimited" }},
                         "leaf": {{ "kind": "delay", "time": {{ "exponential": "10ms" }} }} }},
             "links": [ "app -> leaf" ],
             "flows": {{ "main": {{ "enter": "app", "at": {{ "app": [ {{ "parallel": [ {branches} ] }} ] }} }} }},
             "load": [ {{ "rate": "100/s" }} ], "run": {{ "horizon": "2000s" }} }}"#
    );
    let tandem = r#"{ "nodes": { "a": { "kind": "station", "service_time": { "exponential": "10ms" } },
                                 "b": { "kind": "station", "service_time": { "exponential": "5ms" } } },
        "flows": { "main": { "at": { "client": [ { "call": "a" }, { "call": "b" } ] } } },
        "load": [ { "rate": "80/s" } ], "run": { "horizon": "2000s" } }"#;
    vec![
        Known {
            system: "M/M/1, ρ = 0.8",
            quantity: "mean sojourn = 1/(μ−λ) [ms]",
            exact: 50.0,
            path: latency("mean"),
            topology: station(exponential, "80/s"),
        },
        Known {
            system: "M/M/1, ρ = 0.8",
            quantity: "p99 sojourn = −ln 0.01/(μ−λ) [ms]",
            exact: -(0.01_f64.ln()) / 20.0 * 1e3,
            path: latency("p99"),
            topology: station(exponential, "80/s"),
        },
        Known {
            system: "M/M/4, ρ = 0.8",
            quantity: "mean sojourn, Erlang C [ms]",
            exact: (erlang_c(4, 3.2) / 80.0 + 0.01) * 1e3,
            path: latency("mean"),
            topology: station(&four, "320/s"),
        },
        Known {
            system: "M/M/4, ρ = 0.8",
            quantity: "share that waits, Erlang C",
            exact: erlang_c(4, 3.2),
            path: "/nodes/q/waited_share",
            topology: station(&four, "320/s"),
        },
        Known {
            system: "M/M/4, ρ = 0.8",
            quantity: "utilisation = λ/(cμ)",
            exact: 0.8,
            path: "/nodes/q/utilisation",
            topology: station(&four, "320/s"),
        },
        Known {
            system: "M/D/1, ρ = 0.8",
            quantity: "mean wait = ρ/(2μ(1−ρ)) [ms]",
            exact: 20.0,
            path: "/nodes/q/waiting_ms/mean",
            topology: station(r#""service_time": "10ms""#, "80/s"),
        },
        Known {
            system: "M/G/1, ρ = 0.7, service cv 2",
            quantity: "mean wait, Pollaczek–Khinchine [ms]",
            // λ·E[S²] / (2(1 − ρ)), E[S²] = (1 + cv²)·E[S]².
            exact: 70.0 * 5.0 * 1e-4 / (2.0 * 0.3) * 1e3,
            path: "/nodes/q/waiting_ms/mean",
            topology: station(
                r#""service_time": { "hyperexponential": { "mean": "10ms", "cv": 2 } }"#,
                "70/s",
            ),
        },
        Known {
            system: "M/M/1/5, ρ = 0.9",
            quantity: "share shed = (1−ρ)ρᴷ/(1−ρᴷ⁺¹)",
            exact: 0.1 * 0.9_f64.powi(5) / (1.0 - 0.9_f64.powi(6)),
            path: "/nodes/q/shed_share",
            topology: station(&format!(r#""waiting_limit": 4, {exponential}"#), "90/s"),
        },
        Known {
            system: "M/G/8/8, load 6 erlangs, gamma service",
            quantity: "share shed, Erlang B",
            exact: erlang_b(8, 6.0),
            path: "/nodes/q/shed_share",
            topology: station(
                r#""servers": 8, "waiting_limit": 0,
                   "service_time": { "gamma": { "mean": "10ms", "cv": 0.5 } }"#,
                "600/s",
            ),
        },
        Known {
            system: "M/M/1, processor sharing, ρ = 0.8",
            quantity: "mean sojourn = 1/(μ−λ) [ms]",
            exact: 50.0,
            path: latency("mean"),
            topology: station(
                &format!(r#""discipline": "processor-sharing", {exponential}"#),
                "80/s",
            ),
        },
        Known {
            system: "two M/M/1 in line, ρ = 0.8 and 0.4",
            quantity: "mean sojourn = Σ 1/(μᵢ−λ) [ms]",
            exact: 50.0 + 1e3 / 120.0,
            path: latency("mean"),
            topology: tandem.to_owned(),
        },
        Known {
            system: "16 calls at once, join all, exponential",
            quantity: "mean of the slowest = H₁₆/μ [ms]",
            exact: harmonic * 10.0,
            path: latency("mean"),
            topology: parallel,
        },
    ]
}

/// Runs a system and returns what the program says: value and half-width.
fn measured(known: &Known) -> (f64, f64) {
    let ended = with_input(&["run", "-", "--output", "json"], &known.topology);
    assert_eq!(ended.status, 0, "{}: {}", known.system, ended.stderr);
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).expect("it is JSON");
    let found = report.pointer(known.path).expect("the figure is there");
    let number = |key: &str| found[key].as_f64().expect("it is a number");
    (number("value"), number("half_width"))
}

#[test]
fn known_answers_lie_within_their_intervals_and_stand_in_the_readme() {
    let mut table = "| system | quantity | exact | kneepoint, 95 % interval |\n".to_owned();
    table.push_str("| :-- | :-- | --: | --: |\n");
    let mut wrong = Vec::new();
    for known in systems() {
        let (value, half_width) = measured(&known);
        let row = format!(
            "| {} | {} | {} | {} ± {} |",
            known.system,
            known.quantity,
            digits(known.exact),
            digits(value),
            digits(half_width)
        );
        println!("{row}");
        if (value - known.exact).abs() > half_width * WIDER {
            wrong.push(row.clone());
        }
        table.push_str(&format!("{row}\n"));
    }

    assert!(
        wrong.is_empty(),
        "outside the 99.9 % interval:\n{}",
        wrong.join("\n")
    );
    check_readme(&table);
}

/// Compares the table between the markers of the README, or rewrites it.
fn check_readme(table: &str) {
    let _held = README.lock().expect("no test failed while writing");
    let path = package("README.md");
    let text = std::fs::read_to_string(&path).expect("there is a README");
    let begin = text
        .find(MARKERS[0])
        .expect("the README has the first marker")
        + MARKERS[0].len();
    let end = text
        .find(MARKERS[1])
        .expect("the README has the second marker");
    let expected = format!("\n{table}");
    if blessing() {
        let written = format!("{}{expected}{}", &text[..begin], &text[end..]);
        std::fs::write(&path, written).expect("the README can be written");
        return;
    }
    assert_eq!(
        &text[begin..end],
        expected,
        "KNEEPOINT_BLESS=1 rewrites the table"
    );
}

/// Shows a number with four significant digits.
fn digits(value: f64) -> String {
    let places = (3.0 - value.abs().max(1e-9).log10().floor()).clamp(0.0, 6.0) as usize;
    format!("{value:.places$}")
}
