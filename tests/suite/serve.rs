//! The web interface, spoken to as a browser does: every route, who may ask, and the same
//! bytes as the command line.
//!
//! Not here: what the page does in a browser (`browser`).

use crate::http::{Answer, head, open, send, with_json};
use crate::support::{kneepoint, package, with_input};
use kneepoint::cli::SHIPPED;
use kneepoint::server::{Given, Server, Settings, Shipped, Stopper};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::thread::JoinHandle;

/// A small topology that is met, with a variant.
const MET: &str = r#"{ "nodes": { "q": { "kind": "station", "service_time": { "exponential": "1ms" } } },
  "load": [ { "rate": "100/s" } ], "objectives": [ "main p50 < 10s" ],
  "run": { "horizon": "20s", "replications": 5 }, "variants": { "busy": { "load": [ { "rate": "200/s" } ] } } }"#;

/// A server that runs until it is dropped.
pub(crate) struct Serving {
    pub(crate) address: SocketAddr,
    stopper: Stopper,
    thread: Option<JoinHandle<()>>,
}

impl Serving {
    /// Serves what the program carries, and a file if one is given.
    pub(crate) fn start(given: Option<Given>) -> Serving {
        let shipped = SHIPPED.iter().map(|(name, text)| Shipped {
            group: "All",
            name,
            text,
        });
        let server = Server::bind(Settings {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            threads: 2,
            shipped: shipped.collect(),
            given,
            first: None,
        })
        .expect("there is a free port");
        Serving {
            address: server.address(),
            stopper: server.stopper(),
            thread: Some(std::thread::spawn(move || {
                server.run().expect("it can be served");
            })),
        }
    }

    /// Sends a request as it stands, and reads the whole answer.
    fn send(&self, request: &str) -> Answer {
        send(self.address, request)
    }

    /// Sends a request, and leaves the connection open.
    fn open(&self, request: &str) -> TcpStream {
        open(self.address, request)
    }

    /// Asks for a route.
    pub(crate) fn ask(&self, method: &str, route: &str) -> Answer {
        self.send(&self.request(method, route, ""))
    }

    /// Sends JSON to a route.
    fn post(&self, route: &str, body: &Value) -> Answer {
        self.post_text(route, &body.to_string())
    }

    /// Sends what is said to be JSON.
    fn post_text(&self, route: &str, body: &str) -> Answer {
        self.send(&with_json(self.address, "POST", route, body))
    }

    /// Writes the head of a request.
    fn request(&self, method: &str, route: &str, headers: &str) -> String {
        head(self.address, method, route, headers)
    }

    /// Begins a run and returns its number.
    fn begin(&self, body: &Value) -> u64 {
        let begun = self.post("/runs", body);
        assert_eq!(begun.status, 202, "{}", begun.body);
        begun.json()["id"].as_u64().expect("a number")
    }

    /// Reads all events of a run, to the end.
    fn events(&self, id: u64) -> Vec<(String, Value)> {
        let answer = self.ask("GET", &format!("/runs/{id}/events"));
        assert_eq!(answer.header("content-type"), Some("text/event-stream"));
        answer.body.split("\n\n").filter_map(event).collect()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.stopper.stop();
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking());
        }
    }
}

/// Reads an event; a comment that keeps the connection alive is none.
fn event(text: &str) -> Option<(String, Value)> {
    let line = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    let data = serde_json::from_str(line("data: ")?).expect("an event is JSON");
    Some((line("event: ")?.to_owned(), data))
}

/// A design that simulates for very long; it is asked often whether to stop.
fn endless() -> Value {
    json!({ "topology": MET, "horizon": "3000d", "set": ["run.warm_up=0s", "load.main.rate=1/s"] })
}

#[test]
fn the_page_needs_nothing_from_elsewhere() {
    let serving = Serving::start(None);

    let page = serving.ask("GET", "/");

    assert_eq!(page.status, 200);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains("default-src 'none'"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert!(page.body.starts_with("<!DOCTYPE html>"));
    assert!(page.body.trim_end().ends_with("</html>"));
}

#[test]
fn every_shipped_topology_is_listed_with_its_question() {
    let serving = Serving::start(None);

    let listed = serving.ask("GET", "/topologies").json();
    let listed = listed.as_array().expect("a list");

    assert_eq!(listed.len(), SHIPPED.len());
    for (entry, (name, text)) in listed.iter().zip(SHIPPED) {
        assert_eq!(entry["name"], *name);
        assert!(entry["question"].is_string(), "{name}");
        let answer = serving.ask("GET", &format!("/topologies/{name}"));
        assert_eq!((answer.status, answer.body.as_str()), (200, *text));
    }
    let first: Vec<&Value> = listed
        .iter()
        .filter(|entry| entry["first"] == true)
        .collect();
    assert_eq!(first.len(), 1);
    assert_eq!(first[0]["name"], "url-shortener");
    let two = listed.iter().find(|entry| entry["name"] == "single-server");
    assert_eq!(two.expect("it is shipped")["variants"][0], "two-servers");
    let unknown = serving.ask("GET", "/topologies/singel-server");
    unknown.refuses(404, "singel-server");
    assert!(
        unknown.body.contains("did you mean `single-server`?"),
        "{}",
        unknown.body
    );
}

#[test]
fn a_check_says_where_mistakes_are_and_draws_the_design() {
    let serving = Serving::start(None);
    let check = |body: Value| serving.post("/check", &body);

    let sound = check(json!({ "topology": MET }));
    assert_eq!(sound.status, 200);
    let sound = sound.json();
    assert_eq!(sound["diagnostics"], json!([]));
    assert_eq!(sound["variants"], json!(["busy"]));
    let svg = sound["svg"].as_str().expect("a picture");
    assert!(svg.starts_with("<svg"), "{svg}");

    let wrong = check(
        json!({ "topology": "{\n  \"nodes\": { \"q\": { \"kind\": \"statoin\" } } }",
        "set": ["load="], "variant": "none" }),
    );
    let wrong = wrong.json();
    let said = wrong["diagnostics"].as_array().expect("a list");
    let kind = said.iter().find(|one| one["line"] == 2).expect("the kind");
    assert_eq!(
        (&kind["column"], &kind["level"]),
        (&json!(29), &json!("error"))
    );
    assert!(kind["help"].as_str().expect("help").contains("station"));
    assert!(
        said.iter().any(|one| one["option"] == "--variant none"),
        "{wrong}"
    );
    assert_eq!(wrong["svg"], Value::Null);

    // A design without load cannot be run, but it can be drawn.
    let idle =
        check(json!({ "topology": r#"{ "nodes": { "q": { "kind": "station" } } }"# })).json();
    assert_eq!(idle["diagnostics"][0]["level"], "error");
    assert!(idle["svg"].is_string());

    let torn = check(json!({ "topology": "{" })).json();
    assert_eq!(
        (&torn["variants"], &torn["svg"]),
        (&Value::Null, &Value::Null)
    );

    let options = check(json!({ "topology": MET, "horizon": "60", "replications": 0 })).json();
    let option = |number: usize| &options["diagnostics"][number]["option"];
    assert_eq!(
        (option(0), option(1)),
        (&json!("--horizon 60"), &json!("--replications 0"))
    );
}

#[test]
fn a_run_gives_the_bytes_of_the_command_line() {
    let serving = Serving::start(None);
    let single = SHIPPED.iter().find(|(name, _)| *name == "single-server");
    let (name, text) = single.expect("it is shipped");
    let options = [
        "--set",
        "nodes.server.servers=3",
        "--variant",
        "two-servers",
        "--seed",
        "7",
        "--replications",
        "6",
        "--horizon",
        "30s",
    ];
    let printed = |form: &str| {
        let words = [&["run", name, "--output", form], &options[..]].concat();
        let ended = kneepoint(&words);
        assert!([0, 99].contains(&ended.status), "{}", ended.stderr);
        ended.stdout
    };

    let id = serving.begin(&json!({ "topology": text, "file": name,
        "set": ["nodes.server.servers=3"], "variant": "two-servers",
        "seed": 7, "replications": 6, "horizon": "30s" }));
    let events = serving.events(id);

    let (last, said) = events.last().expect("an end");
    assert_eq!(last, "done", "{said}");
    assert_eq!(said["interrupted"], false);
    for form in ["json", "html", "md", "csv"] {
        let route = format!("/runs/{id}/report.{form}");
        assert_eq!(said["report"][form], route);
        let answer = serving.ask("GET", &route);
        assert_eq!(answer.status, 200);
        assert!(answer.body == printed(form), "{form} differs");
    }
    let report: Value = serde_json::from_str(&printed("json")).expect("it is JSON");
    let verdicts = |of: &Value| -> Vec<(Value, Value)> {
        let all = of["objectives"].as_array().expect("a list").iter();
        all.map(|one| (one["expression"].clone(), one["verdict"].clone()))
            .collect()
    };
    assert_eq!(verdicts(said), verdicts(&report));
}

#[test]
fn a_text_of_ones_own_gives_the_bytes_of_standard_input() {
    let serving = Serving::start(None);

    let id = serving.begin(&json!({ "topology": MET }));
    let end = serving.events(id).pop().expect("an end");
    let found = serving.ask("GET", &format!("/runs/{id}/report.json"));

    assert_eq!(end.0, "done");
    let printed = with_input(&["run", "-", "--output", "json"], MET);
    assert!(found.body == printed.stdout, "{}", found.body);
}

#[test]
fn events_tell_of_progress_and_then_of_the_end() {
    let serving = Serving::start(None);
    let id = serving.begin(&json!({ "topology": MET, "horizon": "2h" }));

    let events = serving.events(id);
    let again = serving.events(id);

    let (end, progress) = events.split_last().expect("events");
    assert_eq!(end.0, "done");
    assert!(progress.iter().all(|(name, _)| name == "progress"));
    let running = progress
        .iter()
        .filter(|(_, said)| said["state"] == "running");
    let simulated: Vec<f64> = running
        .map(|(_, said)| {
            let simulated = said["simulated_s"].as_f64().expect("a number");
            assert!(simulated <= said["planned_s"].as_f64().expect("a number"));
            assert!(
                said["message"]
                    .as_str()
                    .expect("a text")
                    .starts_with("simulated ")
            );
            simulated
        })
        .collect();
    assert!(simulated.is_sorted(), "{simulated:?}");
    assert_eq!(again.len(), 1, "who comes late hears of the end alone");
}

#[test]
fn a_stopped_run_has_a_partial_report_and_one_that_waits_has_none() {
    let serving = Serving::start(None);
    let first = serving.begin(&endless());
    let second = serving.begin(&endless());

    let early = serving.ask("GET", &format!("/runs/{first}/report.json"));
    early.refuses(409, "not done");
    // Once some time is simulated, there is something to report.
    let stream = serving.open(&serving.request("GET", &format!("/runs/{first}/events"), ""));
    let mut lines = BufReader::new(stream)
        .lines()
        .map(|line| line.expect("an event"));
    let begun = lines.find(|line| {
        let said = line.strip_prefix("data: ");
        let said = said.and_then(|said| serde_json::from_str::<Value>(said).ok());
        said.is_some_and(|said| said["simulated_s"].as_f64() > Some(0.0))
    });
    assert!(begun.is_some());
    for id in [second, first, first] {
        let stopped = serving.ask("DELETE", &format!("/runs/{id}"));
        assert_eq!((stopped.status, stopped.body.as_str()), (204, ""));
    }
    let first_events = serving.events(first);
    let second_events = serving.events(second);

    let (last, said) = first_events.last().expect("an end");
    assert_eq!(
        (last.as_str(), &said["interrupted"]),
        ("done", &json!(true))
    );
    let report = serving
        .ask("GET", &format!("/runs/{first}/report.json"))
        .json();
    assert_eq!(report["interrupted"], true);
    let (last, said) = second_events.last().expect("an end");
    assert_eq!(last, "failed");
    assert!(
        said["error"]
            .as_str()
            .expect("why")
            .contains("before it began"),
        "{said}"
    );
    serving
        .ask("GET", &format!("/runs/{second}/report.html"))
        .refuses(409, "before it began");
}

#[test]
fn the_last_runs_are_kept_and_a_few_may_wait() {
    let serving = Serving::start(None);
    let quick = json!({ "topology": MET, "horizon": "1s", "replications": 1 });
    for _ in 0..20 {
        let id = serving.begin(&quick);
        serving.events(id);
    }

    let before = serving.ask("GET", "/runs/1/report.csv").status;
    let running = serving.begin(&endless());
    let after = serving.ask("GET", "/runs/1/report.csv");
    let waiting: Vec<u64> = (0..8).map(|_| serving.begin(&endless())).collect();
    let refused = serving.post("/runs", &endless());

    assert_eq!(before, 200);
    after.refuses(404, "no run `1`");
    refused.refuses(429, "8 runs wait");
    for id in waiting.iter().chain([&running]) {
        serving.ask("DELETE", &format!("/runs/{id}"));
    }
}

#[test]
fn a_topology_with_mistakes_is_not_run() {
    let serving = Serving::start(None);

    let answer = serving.post("/runs", &json!({ "topology": "{}" }));

    let said = answer.json();
    assert_eq!(answer.status, 422, "{said}");
    assert_eq!(said["diagnostics"][0]["level"], "error");
    serving
        .ask("GET", "/runs/1/events")
        .refuses(404, "no run `1`");
}

#[test]
fn what_is_not_understood_is_told_what_would_be() {
    let serving = Serving::start(None);
    let large = "x".repeat(5 * 1024 * 1024);

    serving.post_text("/check", "{").refuses(400, "no question");
    serving.post("/check", &json!({})).refuses(400, "topology");
    serving
        .post("/runs", &json!({ "topology": MET, "sets": [] }))
        .refuses(400, "sets");
    let head = serving.request("POST", "/check", "Content-Length: 2\r\n");
    serving.send(&format!("{head}{{}}")).refuses(415, "JSON");
    // Told before it is sent, and told while it is.
    let headers = "Content-Type: application/json\r\nContent-Length: 5000000\r\n";
    let head = serving.request("POST", "/runs", headers);
    serving.send(&head).refuses(413, "4194304");
    let headers = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n";
    let head = serving.request("POST", "/runs", headers);
    let mut stream = serving.open(&head);
    // It may hang up before the end.
    let _ = stream.write_all(format!("{:x}\r\n{large}\r\n", large.len()).as_bytes());
    let mut line = String::new();
    let _ = BufReader::new(stream).read_line(&mut line);
    assert!(line.is_empty() || line.contains("413"), "{line}");

    serving.ask("GET", "/nothing").refuses(404, "/nothing");
    serving.ask("GET", "/check").refuses(405, "GET");
    for route in ["/runs/7", "/runs/seven"] {
        serving.ask("DELETE", route).refuses(404, "no run `");
        serving
            .ask("GET", &format!("{route}/events"))
            .refuses(404, "no run `");
        serving
            .ask("GET", &format!("{route}/report.json"))
            .refuses(404, "no run `");
    }
    let id = serving.begin(&json!({ "topology": MET, "horizon": "1s" }));
    serving
        .ask("GET", &format!("/runs/{id}/report.pdf"))
        .refuses(404, "report.pdf");
}

#[test]
fn pages_from_elsewhere_are_kept_out() {
    let serving = Serving::start(None);
    let port = serving.address.port();
    let request = |host: &str, headers: &str| {
        serving.send(&format!(
            "GET /topologies HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n"
        ))
    };

    request(&format!("evil.example:{port}"), "").refuses(403, "evil.example");
    assert_eq!(request(&format!("localhost:{port}"), "").status, 200);
    let own = format!("Origin: http://localhost:{port}\r\n");
    assert_eq!(request(&format!("localhost:{port}"), &own).status, 200);
    let body = json!({ "topology": MET }).to_string();
    let headers = format!(
        "Origin: https://evil.example\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
        body.len()
    );
    let head = serving.request("POST", "/runs", &headers);
    serving
        .send(&format!("{head}{body}"))
        .refuses(403, "evil.example");
    serving
        .ask("GET", "/runs/1/events")
        .refuses(404, "no run `1`");
}

#[test]
fn only_the_traces_of_the_topology_that_was_named_are_read() {
    let directory = std::env::temp_dir().join(format!("kneepoint-serve-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("the directory can be made");
    for name in ["mine.csv", "other.csv"] {
        let written = std::fs::write(directory.join(name), "time\n0\n0.5\n");
        written.expect("the file can be written");
    }
    let of = |trace: &str| {
        format!(
            r#"{{ "nodes": {{ "q": {{ "kind": "station", "service_time": "1ms" }} }},
                "load": [ {{ "trace": "{trace}" }} ], "run": {{ "replications": 1, "horizon": "2s" }} }}"#
        )
    };
    let serving = Serving::start(Some(Given {
        name: "mine.json".to_owned(),
        shown: "mine.json".to_owned(),
        directory: directory.clone(),
        text: of("mine.csv"),
    }));
    let found = |trace: &str| {
        let asked = json!({ "topology": of(trace), "file": "mine.json" });
        serving.post("/check", &asked).json()["diagnostics"].clone()
    };

    let listed = serving.ask("GET", "/topologies").json();
    let text = serving.ask("GET", "/topologies/mine.json");
    let mine = found("mine.csv");
    let other = found("other.csv");
    let absolute = found(&directory.join("other.csv").to_string_lossy());
    drop(serving);
    std::fs::remove_dir_all(&directory).expect("the directory can be removed");

    assert_eq!(
        (&listed[0]["name"], &listed[0]["first"]),
        (&json!("mine.json"), &json!(true))
    );
    assert_eq!(text.body, of("mine.csv"));
    assert_eq!(mine, json!([]));
    assert_eq!(other[0]["code"], "trace::not-allowed", "{other}");
    assert_eq!(absolute[0]["code"], "trace::not-allowed", "{absolute}");
}

#[cfg(unix)]
#[test]
fn the_program_prints_where_it_serves_and_ends_with_ctrl_c() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kneepoint"))
        .args(["serve", "single-server", "--port", "0"])
        .current_dir(package(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
    stdout.read_line(&mut line).expect("a line");
    let address = line.trim_end().strip_prefix("http://").expect("a URL");
    let address = address.strip_suffix('/').expect("a URL");
    let serving = Serving {
        address: address.parse().expect("an address"),
        stopper: Stopper::default(),
        thread: None,
    };

    let listed = serving.ask("GET", "/topologies").json();
    let port = serving.address.port().to_string();
    let second = kneepoint(&["serve", "--port", &port]);
    // Somebody who watches does not hold it up.
    let id = serving.begin(&endless());
    let _watching = serving.open(&serving.request("GET", &format!("/runs/{id}/events"), ""));
    let sent = Command::new("sh")
        .args(["-c", &format!("kill -INT {}", child.id())])
        .status()
        .expect("a signal can be sent");
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).expect("it ends");
    let ended = child.wait_with_output().expect("the program ends");

    let first = listed.as_array().expect("a list").iter();
    let first: Vec<&Value> = first.filter(|entry| entry["first"] == true).collect();
    assert_eq!(first[0]["name"], "single-server");
    assert_eq!(second.status, 2);
    assert_eq!(second.stdout, "");
    assert!(
        second.stderr.contains(&port) && second.stderr.contains("--port 0"),
        "{}",
        second.stderr
    );
    assert!(sent.success());
    assert_eq!((rest.as_str(), ended.status.code()), ("", Some(0)));
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
}

#[test]
fn an_address_that_is_none_is_told_what_is_one() {
    let host = kneepoint(&["serve", "--host", "nowhere.example"]);
    let foreign = kneepoint(&["serve", "--host", "192.0.2.1", "--port", "0"]);
    let file = kneepoint(&["serve", "no/such/file.json"]);

    for ended in [&host, &foreign, &file] {
        assert_eq!(ended.status, 2, "{}", ended.stderr);
        assert_eq!(ended.stdout, "");
    }
    assert!(host.stderr.contains("`0.0.0.0`"), "{}", host.stderr);
    assert!(
        foreign.stderr.contains("no address of this machine"),
        "{}",
        foreign.stderr
    );
    assert!(file.stderr.contains("there is no file"), "{}", file.stderr);
}
