//! How far a run is, as server-sent events: `progress` as it changes, then `done` or `failed`.

use crate::report::{self, Report, Verdict};
use crate::server::answer::{self, Refusal};
use crate::server::routes::Context;
use crate::server::run::{Run, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_core::Stream;
use serde::Serialize;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll};
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, channel};

/// How often a run is looked at.
///
/// CHOICE: as often as the bar of `kneepoint run` is drawn.
const PERIOD: Duration = Duration::from_millis(100);

/// How far a run is.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase", tag = "state")]
enum Progress {
    /// Others are before it.
    Waiting {
        /// How many.
        ahead: usize,
    },
    /// It is being simulated.
    Running {
        /// Simulated time so far, over all replications [s].
        simulated_s: f64,
        /// Simulated time in all [s]; grows where the horizon turns out to be too short.
        planned_s: f64,
        /// Whether it is about to end early.
        stopping: bool,
        /// The same in words.
        message: String,
    },
}

/// What became of a run.
#[derive(Debug, Serialize)]
struct Done<'r> {
    /// Whether it was ended early: a partial result.
    interrupted: bool,
    objectives: Vec<Judged<'r>>,
    report: Links,
}

/// An objective and how it fared.
#[derive(Debug, Serialize)]
struct Judged<'r> {
    expression: &'r str,
    verdict: Verdict,
    /// The verdict as a sign.
    sign: &'static str,
    /// As the report shows it.
    measured: String,
}

/// Where the forms of a report are.
#[derive(Debug, Serialize)]
pub(super) struct Links {
    html: String,
    json: String,
    md: String,
    csv: String,
}

impl Links {
    /// Returns where the report of a run is, once there is one.
    pub(super) fn of(id: u64) -> Links {
        let route = |form| format!("/runs/{id}/report.{form}");
        Links {
            html: route("html"),
            json: route("json"),
            md: route("md"),
            csv: route("csv"),
        }
    }
}

/// Events that another task sends.
pub(super) struct Events(Receiver<Event>);

impl Stream for Events {
    type Item = Result<Event, Infallible>;

    fn poll_next(self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().0.poll_recv(task).map(|event| event.map(Ok))
    }
}

/// Tells of a run until it has ended.
pub(super) fn of(
    context: Arc<Context>,
    run: Arc<Run>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let (sender, receiver) = channel(1);
    tokio::spawn(async move {
        let mut told = None;
        loop {
            let state = run.state();
            let event = match &state {
                State::Waiting | State::Running => {
                    let progress = progress(&context, &run, &state);
                    let event =
                        (told.as_ref() != Some(&progress)).then(|| event("progress", &progress));
                    told = Some(progress);
                    event
                }
                State::Done(report) => Some(event("done", &done(run.id, report))),
                State::Failed(refusal) => Some(event::<Refusal>("failed", refusal)),
            };
            // That nobody listens any more is seen below.
            if let Some(event) = event {
                let _ = sender.send(event).await;
            }
            if matches!(state, State::Done(_) | State::Failed(_)) {
                return;
            }
            tokio::time::sleep(PERIOD).await;
            if sender.is_closed() {
                return;
            }
        }
    });
    Sse::new(Events(receiver)).keep_alive(KeepAlive::default())
}

/// Says how far a run is that has not ended.
fn progress(context: &Context, run: &Run, state: &State) -> Progress {
    if matches!(state, State::Waiting) {
        let ahead = context.runs.ahead(run.id);
        return Progress::Waiting { ahead };
    }
    let so_far = run.watch.so_far();
    Progress::Running {
        simulated_s: so_far.simulated_ns as f64 / 1e9,
        planned_s: so_far.planned_ns as f64 / 1e9,
        stopping: so_far.stopping,
        message: so_far.to_string(),
    }
}

/// Says what became of a run.
fn done(id: u64, report: &Report) -> Done<'_> {
    let objectives = report.objectives.iter().map(|one| Judged {
        expression: &one.expression,
        verdict: one.verdict,
        sign: report::sign(one.verdict),
        measured: report::measured(one),
    });
    Done {
        interrupted: report.interrupted,
        objectives: objectives.collect(),
        report: Links::of(id),
    }
}

/// Makes an event.
fn event<T: Serialize>(name: &str, data: &T) -> Event {
    Event::default().event(name).data(answer::written(data))
}
