//! The web interface and the page of a report, as somebody meets them in a browser: Chromium,
//! told what to do by its driver.
//!
//! Not everybody has one: `.ci/run` installs both, and asks for these tests
//! (`cargo test --test suite -- --ignored browser`).

use crate::http::{head, send, with_json};
use crate::serve::Serving;
use crate::support::kneepoint;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Looks at a page before it is given up: a guard, nothing is measured.
const LOOKS: u32 = 2_400;
/// Time between two of them.
const BETWEEN: Duration = Duration::from_millis(50);
/// Ctrl is held down from here on.
const HELD: &str = "\u{e009}";
/// Ends that.
const RELEASED: &str = "\u{e000}";

/// A browser with one window, until it is dropped.
struct Browser {
    driver: Child,
    address: SocketAddr,
    session: String,
    profile: PathBuf,
}

impl Browser {
    /// Starts the driver at a free port, and with it a browser.
    fn start(name: &str) -> Browser {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Chromium's driver is installed (Debian: chromium and chromium-driver)");
        let mut said = BufReader::new(driver.stdout.take().expect("it is piped")).lines();
        let port = said.by_ref().map_while(Result::ok).find_map(|line| {
            line.rsplit_once("successfully on port ")?
                .1
                .trim_end_matches('.')
                .parse()
                .ok()
        });
        // Who does not listen any more would stop the driver.
        std::thread::spawn(move || said.for_each(drop));
        let profile = std::env::temp_dir().join(format!("kneepoint-{name}-{}", std::process::id()));
        let mut browser = Browser {
            driver,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port.expect("it tells its port"))),
            session: String::new(),
            profile,
        };
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            &format!("--user-data-dir={}", browser.profile.display()),
        ];
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" } } } });
        let begun = browser.command("POST", "/session", &wanted);
        let session = begun["sessionId"].as_str().expect("a session");
        browser.session = format!("/session/{session}");
        browser
    }

    /// Sends a command of the driver; returns the value of its answer.
    fn command(&self, method: &str, route: &str, body: &Value) -> Value {
        let request = match method {
            "POST" => with_json(self.address, method, route, &body.to_string()),
            _ => head(self.address, method, route, ""),
        };
        let answer = send(self.address, &request);
        let said: Value = serde_json::from_str(&answer.body).expect("the driver speaks JSON");
        assert_eq!(answer.status, 200, "{route} {body}: {said}");
        said["value"].clone()
    }

    /// Sends a command of the session.
    fn tell(&self, route: &str, body: &Value) -> Value {
        self.command("POST", &format!("{}/{route}", self.session), body)
    }

    /// Goes to a page.
    fn go(&self, page: &str) {
        self.tell("url", &json!({ "url": page }));
    }

    /// Returns what an expression of the page's script says.
    fn says(&self, expression: &str) -> Value {
        let script = format!("return {expression}");
        self.tell("execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Waits until an expression is true.
    fn until(&self, expression: &str) {
        for _ in 0..LOOKS {
            if self.says(expression) == true {
                return;
            }
            std::thread::sleep(BETWEEN);
        }
        panic!(
            "never: {expression}; the page: {}",
            self.says("document.body.innerText")
        );
    }

    /// Returns the route of an element.
    fn element(&self, selector: &str) -> String {
        let using = if selector.starts_with('/') {
            "xpath"
        } else {
            "css selector"
        };
        let found = self.tell("element", &json!({ "using": using, "value": selector }));
        let id = found.as_object().and_then(|found| found.values().next());
        let id = id.and_then(Value::as_str).expect("an element");
        format!("element/{id}")
    }

    /// Presses an element.
    fn press(&self, selector: &str) {
        self.tell(&format!("{}/click", self.element(selector)), &json!({}));
    }

    /// Writes into a field.
    fn write(&self, selector: &str, text: &str) {
        self.tell(
            &format!("{}/value", self.element(selector)),
            &json!({ "text": text }),
        );
    }

    /// Makes the window as wide as that of a telephone, or as it was.
    fn narrow(&self, is: bool) {
        let (command, size) = if is {
            let size =
                json!({ "width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": false });
            ("Emulation.setDeviceMetricsOverride", size)
        } else {
            ("Emulation.clearDeviceMetricsOverride", json!({}))
        };
        self.tell(
            "goog/cdp/execute",
            &json!({ "cmd": command, "params": size }),
        );
    }

    /// Makes sure that a page fits into a narrow window, but for what scrolls by itself.
    fn fits(&self) {
        self.narrow(true);
        let widths = "(page => [page.scrollWidth, page.clientWidth])(document.documentElement)";
        let widths: [u32; 2] = serde_json::from_value(self.says(widths)).expect("two numbers");
        self.narrow(false);
        let [needed, had] = widths;
        // Without the bar at its side.
        assert!((300..=360).contains(&had), "{had}");
        assert!(needed <= had, "{needed} of {had}");
    }

    /// Makes sure that the browser had nothing to complain of: errors of scripts, refused loads.
    fn is_content(&self) {
        let log = self.tell("se/log", &json!({ "type": "browser" }));
        assert_eq!(log, json!([]));
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may be that the session was never begun.
        let request = head(self.address, "DELETE", &self.session, "");
        if !self.session.is_empty() && !std::thread::panicking() {
            send(self.address, &request);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

/// Opens the web interface, as it comes up with its first topology.
fn opened(browser: &Browser, serving: &Serving) {
    browser.go(&format!("http://{}/", serving.address));
    browser.until("document.querySelector('#picture svg') !== null");
    assert_eq!(
        browser.says("document.getElementById('file').textContent"),
        "url-shortener"
    );
}

/// Selects all of the topology's text and writes another in its place.
fn rewrite(browser: &Browser, text: &str) {
    browser.write("#text", &format!("{HELD}a{RELEASED}{text}"));
}

#[test]
#[ignore = "needs Chromium and its driver"]
fn a_topology_is_chosen_changed_run_and_reported() {
    let serving = Serving::start(None);
    let browser = Browser::start("run");
    opened(&browser, &serving);

    browser.press("//button[strong[text()='single-server']]");
    browser.until("document.getElementById('file').textContent === 'single-server'");
    browser.until("document.getElementById('sum').textContent.startsWith('0 errors')");
    browser.write("#seed", "7");
    browser.write("#replications", "3");
    browser.write("#horizon", "20s");
    browser.write("#set", "load.main.rate=90/s");
    browser.press("#start");
    browser.until("!document.getElementById('result').hidden");

    let options = ["--seed", "7", "--replications", "3", "--horizon", "20s"];
    let set = ["--set", "load.main.rate=90/s", "--output", "json"];
    let words = [&["run", "single-server"], &options[..], &set].concat();
    let printed = kneepoint(&words).stdout;
    let report: Value = serde_json::from_str(&printed).expect("a report");
    let judged = report["objectives"].as_array().expect("objectives");
    let met = judged.iter().filter(|one| one["verdict"] == "met").count();
    let verdict = browser.says("document.getElementById('verdict').textContent");
    let verdict = verdict.as_str().expect("a text");
    let expected = format!("{met} of {} objectives met", judged.len());
    assert!(verdict.starts_with(&expected), "{verdict}");
    assert_eq!(
        browser.says("document.getElementById('objectives').rows.length"),
        judged.len()
    );
    let link = browser.says("document.getElementById('json').getAttribute('href')");
    let linked = serving.ask("GET", link.as_str().expect("a link"));
    assert_eq!(linked.body, printed, "the bytes of the command line");

    // The report stands in a frame that may not reach the page.
    browser.tell("frame", &json!({ "id": 0 }));
    browser.until("document.querySelectorAll('svg').length > 0");
    let heading = browser.says("document.querySelector('h1').textContent");
    assert!(
        heading
            .as_str()
            .is_some_and(|text| text.contains("single-server")),
        "{heading}"
    );
    browser.tell("frame", &json!({ "id": null }));
    browser.fits();
    browser.is_content();
}

#[test]
#[ignore = "needs Chromium and its driver"]
fn a_mistake_is_shown_where_it_is_and_a_changed_text_is_not_lost() {
    let serving = Serving::start(None);
    let browser = Browser::start("mistake");
    opened(&browser, &serving);

    let wrong = "{\n\"nodes\": { \"q\": { \"kind\": \"statoin\" } },\n\"load\": [ { \"rate\": \"1/s\" } ] }";
    rewrite(&browser, wrong);
    browser.until("document.querySelector('#diagnostics button') !== null");
    browser.press("#diagnostics button");

    let told = browser.says("document.querySelector('#diagnostics li').textContent");
    let told = told.as_str().expect("a text");
    assert!(told.starts_with("line 2, column 27 error"), "{told}");
    assert!(told.contains("station"), "{told}");
    let behind =
        browser.says("(text => text.value.slice(text.selectionStart))(document.activeElement)");
    let behind = behind.as_str().expect("a text");
    assert!(behind.starts_with("\"statoin\""), "{behind}");

    // Nothing is run that cannot be; and what was written is given up on purpose only.
    browser.press("#start");
    browser.until("!document.getElementById('failure').hidden");
    assert_eq!(
        browser.says("document.getElementById('result').hidden"),
        true
    );
    for (answer, name) in [("dismiss", "url-shortener"), ("accept", "cache-aside")] {
        browser.press("//button[strong[text()='cache-aside']]");
        browser.tell(&format!("alert/{answer}"), &json!({}));
        let file = format!("document.getElementById('file').textContent === '{name}'");
        browser.until(&file);
        let kept = browser.says("document.getElementById('text').value") == wrong;
        assert_eq!(kept, answer == "dismiss");
    }
    browser.until("document.getElementById('sum').textContent.startsWith('0 errors')");
}

#[test]
#[ignore = "needs Chromium and its driver"]
fn the_page_of_a_report_stands_by_itself() {
    let page = std::env::temp_dir().join(format!("kneepoint-page-{}.html", std::process::id()));
    let out = page.to_string_lossy();
    let ended = kneepoint(&[
        "run",
        "three-tier-web",
        "--replications",
        "3",
        "--output",
        "html",
        "--out",
        &out,
    ]);
    assert!([0, 99].contains(&ended.status), "{}", ended.stderr);
    let browser = Browser::start("page");

    browser.go(&format!("file://{out}"));

    let drawn = "Array.from(document.querySelectorAll('svg')).filter(one => one.getBoundingClientRect().width > 0).length";
    assert!(browser.says(drawn).as_u64().is_some_and(|count| count >= 3));
    // Numbers are ordered by size, whatever unit they are shown in: greatest first, then least.
    let column = "(table => Array.from(table.tBodies[0].rows).map(row => Number(row.cells[1].dataset.value)))(document.querySelector('table.sortable'))";
    let mut sorted: Vec<f64> = serde_json::from_value(browser.says(column)).expect("numbers");
    sorted.sort_by(f64::total_cmp);
    for ordered in [sorted.iter().rev().copied().collect(), sorted.clone()] {
        browser.press("table.sortable th:nth-child(2) button");
        let found: Vec<f64> = serde_json::from_value(browser.says(column)).expect("numbers");
        assert_eq!(found, ordered);
    }
    browser.fits();
    browser.is_content();
    std::fs::remove_file(&page).expect("the page can be removed");
}
