//! The web interface: one page, and the few routes behind it.
//!
//! | route | answer |
//! | --- | --- |
//! | `GET /` | the page; it asks for nothing from anywhere else |
//! | `GET /topologies` | a list of `{name, group, description, question, variants, first}`; `first` marks the one that the page begins with |
//! | `GET /topologies/{name}` | the text of one of them |
//! | `POST /check` | what a question ([below](#questions)) has against it: `{diagnostics, svg, variants}`; `variants` is null where the text cannot be read, `svg` where nothing can be drawn |
//! | `POST /runs` | 202 with `{id, events, report}`, of which the latter two are routes; 422 with `{error, diagnostics}`; 429 if too many wait |
//! | `GET /runs/{id}/events` | server-sent events: any number of `progress`, then one `done` or `failed` |
//! | `DELETE /runs/{id}` | 204: it ends as soon as it can, with what it has |
//! | `GET /runs/{id}/report.{html,json,md,csv}` | what `kneepoint run --output` prints; 409 until the run is done |
//!
//! Whatever goes wrong is `{error, help}` with a status from 400 on, and a diagnostic is
//! `{level, code, message, help, line, column, option}`: the first mark of its place in the
//! text, from 1, the column in characters, or the option that it is about, or neither.
//!
//! # Questions
//!
//! A body is JSON of at most 4 MiB: `topology` is the text of a topology file, all else may
//! be left out: `file` what it is called (as if it came from standard input), `variant`, `set` a list of `PATH=VALUE`, `seed`,
//! `replications`, `horizon` a time such as `"10m"`.
//!
//! # Events
//!
//! `progress` is `{state: "waiting", ahead}` or `{state: "running", simulated_s, planned_s,
//! stopping, message}`, sent when it changes; `done` is `{interrupted, objectives: [{expression,
//! verdict, measured}], report: {html, json, md, csv}}`; `failed` is `{error, help,
//! diagnostics}`.
//!
//! # Who may ask
//!
//! Whoever reaches the address may have this machine simulate for hours, so it is the
//! loopback one unless something else was asked for. Pages from elsewhere that a browser here
//! shows are kept out: a `Host` that is no address of the server is refused, and so is any
//! `Origin` but the server's own. Text that arrives can have no file read but the recorded
//! arrivals that the topology named on the command line names.
//!
//! Runs are simulated one after the other, outside of what answers requests, in the order in
//! which they were asked for. They live in memory; the last 20 are kept.
//!
//! Not here: what the command line says (`cli`), how a question is answered
//! (`analysis::scenario`).

mod answer;
mod events;
mod guard;
mod library;
mod page;
mod question;
mod routes;
mod run;
mod runs;

pub use library::{Given, Shipped};

use library::Library;
use page::Page;
use routes::Context;
use runs::Runs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use tokio::runtime::Builder;
use tokio::sync::Notify;

/// Threads that check topologies and write reports, beside those that simulate.
///
/// CHOICE: somebody who types has one check under way, and another while a report is opened.
const CHECKERS: usize = 2;

/// What is served, and where.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen; with port 0 any that is free.
    pub address: SocketAddr,
    /// Threads that simulate, ≥ 1.
    pub threads: usize,
    /// Topologies that can be chosen.
    pub shipped: Vec<Shipped>,
    /// A file that was named, with which the page begins.
    pub given: Option<Given>,
    /// A shipped topology with which it begins otherwise; one of ours if none.
    pub first: Option<String>,
}

/// A server that listens, and answers once it runs.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    settings: Settings,
    stopper: Stopper,
}

/// What ends a server.
#[derive(Clone, Debug, Default)]
pub struct Stopper(Arc<Notify>);

impl Stopper {
    /// Ends it; whatever is being simulated is given up.
    pub fn stop(&self) {
        self.0.notify_one();
    }
}

impl Server {
    /// Begins to listen.
    ///
    /// # Errors
    ///
    /// The address is in use, is not one of this machine, or may not be used.
    pub fn bind(settings: Settings) -> std::io::Result<Server> {
        let listener = TcpListener::bind(settings.address)?;
        Ok(Server {
            address: listener.local_addr()?,
            listener,
            settings,
            stopper: Stopper::default(),
        })
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns where a browser on this machine finds the page.
    pub fn url(&self) -> String {
        // Every address of a machine is no address to go to.
        let ip = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            IpAddr::V4(_) | IpAddr::V6(_) => self.address.ip(),
        };
        format!("http://{}/", SocketAddr::new(ip, self.address.port()))
    }

    /// Returns what ends it.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Answers until it is stopped.
    ///
    /// # Errors
    ///
    /// The system gives no threads, or takes the listener away.
    pub fn run(self) -> std::io::Result<()> {
        self.listener.set_nonblocking(true)?;
        // Nothing here takes long: what does is on other threads.
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .max_blocking_threads(CHECKERS)
            .build()?;
        let settings = self.settings;
        let context = Arc::new(Context {
            page: Page::new(),
            library: Library::new(settings.shipped, settings.given, settings.first),
            runs: Runs::start(settings.threads)?,
        });
        let router = routes::router(Arc::clone(&context), self.address.ip());
        let ended = runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(self.listener)?;
            tokio::spawn(async move { axum::serve(listener, router).await });
            self.stopper.0.notified().await;
            Ok(())
        });
        context.runs.stop_all();
        // A check may be under way, and nobody waits for it.
        runtime.shutdown_background();
        ended
    }
}
