//! The routes, and who answers them.

use crate::report::{self, Report};
use crate::server::answer::{self, Refusal};
use crate::server::events::{self, Links};
use crate::server::guard::guard;
use crate::server::library::Library;
use crate::server::page::Page;
use crate::server::question::Question;
use crate::server::run::{Run, State as RunState};
use crate::server::runs::{MOST_KEPT, Runs};
use crate::spec;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use serde::Serialize;
use std::net::IpAddr;
use std::sync::Arc;

/// What all routes share.
#[derive(Debug)]
pub(super) struct Context {
    /// The page.
    pub(super) page: Page,
    /// Topologies to choose from.
    pub(super) library: Library,
    /// Runs.
    pub(super) runs: Runs,
}

/// What all routes are given.
type Shared = State<Arc<Context>>;

/// A run that was taken in.
#[derive(Debug, Serialize)]
struct Begun {
    id: u64,
    events: String,
    report: Links,
}

/// Makes the routes of a server that listens at an address.
pub(super) fn router(context: Arc<Context>, bound: IpAddr) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/topologies", get(topologies))
        .route("/topologies/{name}", get(topology))
        .route("/check", post(check))
        .route("/runs", post(begin))
        .route("/runs/{id}", delete(stop))
        .route("/runs/{id}/events", get(watch))
        .route("/runs/{id}/{report}", get(report))
        .fallback(nowhere)
        .method_not_allowed_fallback(wrong_method)
        .with_state(context)
        .layer(from_fn_with_state(bound, guard))
}

/// `GET /`.
async fn page(State(context): Shared) -> Response {
    context.page.answer()
}

/// `GET /topologies`.
async fn topologies(State(context): Shared) -> Response {
    answer::json(StatusCode::OK, &context.library.entries())
}

/// `GET /topologies/{name}`.
async fn topology(State(context): Shared, Path(name): Path<String>) -> Result<Response, Refusal> {
    match context.library.text(&name) {
        Some(text) => Ok(answer::content(
            "text/plain; charset=utf-8",
            text.to_owned(),
        )),
        None => Err(Refusal::new(
            StatusCode::NOT_FOUND,
            format!("there is no topology `{}`", spec::value::shortened(&name)),
            match spec::nearest(&name, context.library.names()) {
                Some(near) => format!("did you mean `{near}`? `GET /topologies` lists all"),
                None => "`GET /topologies` lists all".to_owned(),
            },
        )),
    }
}

/// `POST /check`.
async fn check(State(context): Shared, request: Request) -> Result<Response, Refusal> {
    let question = Question::read(request).await?;
    let checked = apart(move || question.check(&context.library)).await?;
    Ok(answer::json(StatusCode::OK, &checked))
}

/// `POST /runs`.
async fn begin(State(context): Shared, request: Request) -> Result<Response, Refusal> {
    let question = Question::read(request).await?;
    let known = Arc::clone(&context);
    let design = apart(move || question.design(&known.library)).await??;
    let id = context.runs.add(design)?.id;
    let begun = Begun {
        id,
        events: format!("/runs/{id}/events"),
        report: Links::of(id),
    };
    Ok(answer::json(StatusCode::ACCEPTED, &begun))
}

/// `DELETE /runs/{id}`.
async fn stop(State(context): Shared, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    find(&context, &id)?.stop();
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /runs/{id}/events`.
async fn watch(State(context): Shared, Path(id): Path<String>) -> Result<Response, Refusal> {
    let run = find(&context, &id)?;
    Ok(events::of(context, run).into_response())
}

/// `GET /runs/{id}/report.{html,json,md,csv}`.
async fn report(
    State(context): Shared,
    Path((id, name)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let run = find(&context, &id)?;
    let (mime, write): (&str, fn(&Report) -> String) = match name.as_str() {
        "report.html" => ("text/html; charset=utf-8", report::html),
        "report.json" => ("application/json", report::json),
        "report.md" => ("text/markdown; charset=utf-8", report::markdown),
        "report.csv" => ("text/csv; charset=utf-8", report::csv),
        _ => {
            return Err(Refusal::new(
                StatusCode::NOT_FOUND,
                format!("run `{id}` has no `{}`", spec::value::shortened(&name)),
                "accepted: `report.html`, `report.json`, `report.md`, `report.csv` and `events`",
            ));
        }
    };
    let found = match run.state() {
        RunState::Done(found) => found,
        RunState::Failed(refusal) => return Err(refusal),
        RunState::Waiting | RunState::Running => {
            return Err(Refusal::new(
                StatusCode::CONFLICT,
                format!("run `{id}` is not done yet"),
                format!("`GET /runs/{id}/events` says when it is"),
            ));
        }
    };
    let text = apart(move || write(&found)).await?;
    let mut answer = answer::content(mime, text);
    // It may stand in a page of ours, and of nobody else.
    let policy = HeaderValue::from_static("frame-ancestors 'self'");
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(answer)
}

/// Answers for a route that is none.
async fn nowhere(uri: Uri) -> Refusal {
    Refusal::new(
        StatusCode::NOT_FOUND,
        format!(
            "there is nothing at `{}`",
            spec::value::shortened(uri.path())
        ),
        "the page is at `/`; for programs there are `/topologies`, `/check` and `/runs`",
    )
}

/// Answers for a route that is asked in a way that it is not.
async fn wrong_method(request: Request) -> Refusal {
    Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        format!(
            "`{}` is not asked with {}",
            spec::value::shortened(request.uri().path()),
            request.method()
        ),
        "the header `Allow` of this answer says how it is",
    )
}

/// Finds a run.
fn find(context: &Context, id: &str) -> Result<Arc<Run>, Refusal> {
    let found = id.parse::<u64>().ok();
    let found = found.and_then(|id| context.runs.find(id));
    found.ok_or_else(|| {
        Refusal::new(
            StatusCode::NOT_FOUND,
            format!("there is no run `{}`", spec::value::shortened(id)),
            format!("the last {MOST_KEPT} are kept; `POST /runs` begins one"),
        )
    })
}

/// Does what takes time on a thread of its own.
async fn apart<T: Send + 'static>(task: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    let done = tokio::task::spawn_blocking(task).await;
    done.map_err(|_| Refusal::internal())
}
