//! Load lines: where requests come from, how many and when.

use super::build::Build;
use super::load_file::LoadRequest;
use super::load_line::MOST_CLIENTS;
use super::policy::longest;
use super::trace::{self, Recorded};
use super::{Flow, FlowIndex, KeyIndex, LoadLine, LoadSource, People, Shape, settings};
use crate::random::law::Law;
use crate::spec::value::shortened;
use crate::spec::{Data, Field, Object, help};
use crate::units::{SimTime, Span, show};
use std::collections::BTreeSet;

/// Keys of which a line has exactly one.
const SOURCES: [&str; 4] = ["rate", "every", "clients", "trace"];
/// Reads all load lines.
pub(super) fn read<'a>(
    build: &mut Build<'a>,
    top: &mut Object<'a>,
    flows: &[Flow],
    request: &LoadRequest,
) -> Vec<LoadLine> {
    let Some(field) = top.field("load") else {
        if request.needs_load {
            top.missing("load");
        }
        return Vec::new();
    };
    let entries = field.list().unwrap_or_default();
    if entries.is_empty() && request.needs_load && matches!(field.value.data, Data::List(_)) {
        field.error("value::empty", "`load` must not be empty");
    }
    if entries.len() > crate::spec::parse::MOST_KEYS {
        field.error("file::too-many-entries", "`load` has too many entries");
        return Vec::new();
    }
    let mut lines = Vec::new();
    let mut names = BTreeSet::new();
    for entry in &entries {
        let read = read_line(build, entry, request);
        for line in read {
            if !names.insert(line.name.clone()) {
                let message = format!("two load lines are called `{}`", shortened(&line.name));
                let help = "lines that share a flow need a `name` each";
                let sink = build.sink;
                sink.error_with_help("load::same-name", entry.place(), message, help);
            }
            lines.push(line);
        }
    }
    debug_assert!(
        lines.iter().all(|line| line.flow < flows.len()) || build.sink.has_errors(),
        "flows are found by name"
    );
    lines
}

/// Reads one line; a recorded one may hold several flows and becomes one for each.
fn read_line(build: &mut Build, entry: &Field, request: &LoadRequest) -> Vec<LoadLine> {
    let Some(mut object) = entry.object() else {
        return Vec::new();
    };
    let named = object.text("name");
    if let (Some(name), Some(field)) = (named, object.field("name")) {
        build.check_name("a load line", name, field.place());
    }
    let title = named.or_else(|| object.text_of("flow"));
    if let Some(title) = title {
        object.rename(&format!("load line `{}`", shortened(title)));
    }
    let flow = flow(build, &mut object);
    let source = source(build, &mut object, request);
    check_applies(&object);
    let batch = object.count_law("batch").unwrap_or(Law::Constant(1.0));
    let shape = object.object("shape").and_then(shape);
    let start = object.duration("start").unwrap_or(Span::ZERO);
    let stop = object.duration("stop").unwrap_or(Span::MAX);
    if stop <= start {
        let message = format!("`stop` of {} must be after `start`", object.owner());
        object.error_at("stop", "load::stop", message);
    }
    let from = object.field("from").map(|field| from(&field));
    let only = flow.unwrap_or(0);
    let owner = build.flow_names.get(only).cloned().unwrap_or_default();
    let key = object
        .field("key")
        .and_then(|field| build.key(&field, &owner));
    let base = Base {
        name: named.map(str::to_owned),
        batch,
        shape: shape.unwrap_or(Shape::Flat),
        start: SimTime(start.0),
        stop: SimTime(stop.0),
        from: from.unwrap_or_default(),
        key,
    };
    match source {
        Some(Found::Simple(source, people)) => {
            let flow = flow.or_else(|| only_flow(build, &object));
            let line = flow.map(|flow| base.line(build, flow, source, people));
            line.into_iter().collect()
        }
        Some(Found::Recorded(recorded)) => spread(build, &object, flow, recorded, &base),
        None => {
            // Still say whose load it is meant to be.
            if flow.is_none() && !object.has("flow") {
                only_flow(build, &object);
            }
            Vec::new()
        }
    }
}

/// What a line says beside its flow and source.
struct Base {
    /// Its name, if it has one of its own.
    name: Option<String>,
    /// Requests per arrival.
    batch: Law,
    /// How it varies in time.
    shape: Shape,
    /// First moment.
    start: SimTime,
    /// Last moment.
    stop: SimTime,
    /// Where the clients are.
    from: Vec<(String, f64)>,
    /// Overrides the flow's key.
    key: Option<KeyIndex>,
}

impl Base {
    /// Builds a line.
    fn line(
        &self,
        build: &Build,
        flow: FlowIndex,
        source: LoadSource,
        written: Option<(People, String)>,
    ) -> LoadLine {
        let name = self.name.clone();
        let (people, arithmetic) = written.unzip();
        LoadLine {
            name: name.unwrap_or_else(|| build.flow_names[flow].clone()),
            flow,
            source,
            batch: self.batch.clone(),
            shape: self.shape.clone(),
            start: self.start,
            stop: self.stop,
            from: self.from.clone(),
            key: self.key,
            arithmetic,
            people,
        }
    }
}

/// A source that was read.
enum Found {
    /// Requests of one flow; and how the rate was written as people.
    Simple(LoadSource, Option<(People, String)>),
    /// Recorded arrivals, perhaps of several flows.
    Recorded(Recorded),
}

/// Reads the flow that a line names.
fn flow(build: &Build, object: &mut Object) -> Option<FlowIndex> {
    let field = object.field("flow")?;
    let what = format!("`flow` of {}", object.owner());
    build.flow(field.text()?, field.place(), &what)
}

/// Returns the only flow, or says that the line must name one.
fn only_flow(build: &Build, object: &Object) -> Option<FlowIndex> {
    if object.has("flow") {
        return None;
    }
    if build.flow_names.len() == 1 {
        return Some(0);
    }
    let names = build.flow_names.iter().map(String::as_str);
    let message = format!("{} must name its `flow`", object.owner());
    let help = format!("there are {}", crate::spec::listed(names.take(40), "and"));
    let sink = build.sink;
    sink.error_with_help("load::no-flow", object.place(), message, help);
    None
}

/// Turns recorded arrivals into one line for each flow among them.
fn spread(
    build: &Build,
    object: &Object,
    flow: Option<FlowIndex>,
    recorded: Recorded,
    base: &Base,
) -> Vec<LoadLine> {
    match (recorded, flow) {
        (Recorded::Plain(entries), flow) => {
            let flow = flow.or_else(|| only_flow(build, object));
            let line = |flow| base.line(build, flow, LoadSource::Trace(entries), None);
            flow.map(line).into_iter().collect()
        }
        // A line with a flow takes its own from a record of several.
        (Recorded::ByFlow(mut flows), Some(flow)) => {
            let Some(entries) = flows.remove(&flow) else {
                let name = &build.flow_names[flow];
                let message = format!("the trace has no requests of flow `{name}`");
                object.error_at("trace", "trace::no-requests", message);
                return Vec::new();
            };
            vec![base.line(build, flow, LoadSource::Trace(entries), None)]
        }
        (Recorded::ByFlow(flows), None) => {
            if flows.len() > 1 && base.name.is_some() {
                let message = format!(
                    "{} has one name for the {} flows of its trace",
                    object.owner(),
                    flows.len()
                );
                object.error_at("name", "load::same-name", message);
            }
            let lines = flows
                .into_iter()
                .map(|(flow, entries)| base.line(build, flow, LoadSource::Trace(entries), None));
            lines.collect()
        }
    }
}

/// Reads the one source of a line.
fn source(build: &Build, object: &mut Object, request: &LoadRequest) -> Option<Found> {
    let written: Vec<_> = SOURCES.into_iter().filter(|key| object.has(key)).collect();
    let rate = object.field("rate");
    let every = object.field("every");
    let clients = object.field("clients");
    let trace = object.field("trace");
    let think = object.duration_law("think");
    let even = object.choice("arrivals", &["poisson", "even"]) == Some("even");
    if written.len() != 1 {
        let found = match written.as_slice() {
            [] => "none".to_owned(),
            several => crate::spec::listed(several.iter().copied(), "and"),
        };
        let message = format!(
            "{} must have exactly one source, got {found}",
            object.owner()
        );
        let help = "sources are `rate`, `every`, `clients` and `trace`";
        let sink = object.sink();
        sink.error_with_help("load::one-source", object.place(), message, help);
        return None;
    }
    if let Some(field) = rate {
        let (per_second, people) = rate_of(&field)?;
        let source = LoadSource::Rate { per_second, even };
        return Some(Found::Simple(source, people));
    }
    if let Some(field) = every {
        let law = field.duration_law()?;
        if super::rules::is_zero(&law) {
            let message = format!("{} must be more than 0", field.name);
            field.error("value::out-of-range", message);
        }
        return Some(Found::Simple(LoadSource::Every(law), None));
    }
    if let Some(field) = clients {
        let source = LoadSource::Clients {
            count: field.count_in(1..=MOST_CLIENTS)?,
            think: think.unwrap_or(Law::Constant(0.0)),
        };
        return Some(Found::Simple(source, None));
    }
    let recorded = trace::read(build, &trace?, request)?;
    Some(Found::Recorded(recorded))
}

/// Refuses keys that belong to another source.
fn check_applies(object: &Object) {
    let pairs = [
        ("think", &["clients"][..]),
        ("arrivals", &["rate"][..]),
        ("shape", &["rate", "clients"][..]),
        ("batch", &["rate", "every"][..]),
    ];
    let has_source = SOURCES.iter().any(|key| object.has(key));
    for (key, sources) in pairs {
        let fits = sources.iter().any(|source| object.has(source));
        if has_source && object.has(key) && !fits {
            let message = format!(
                "`{key}` of {} has no effect without {}",
                object.owner(),
                crate::spec::listed(sources.iter().copied(), "or")
            );
            object.error_at(key, "load::does-not-apply", message);
        }
    }
}

/// Reads a rate, as such or as people.
fn rate_of(field: &Field) -> Option<(f64, Option<(People, String)>)> {
    if !matches!(field.value.data, Data::Object(_)) {
        return Some((above_zero(field, field.rate()?)?, None));
    }
    let mut object = field.object()?;
    let users = object.required("users").and_then(|users| users.count());
    let per_user = object.required("per_user").and_then(|rate| rate.rate());
    let peak = object.factor_in("peak_to_mean", 1.0..=1e6);
    let (users, per_user) = (users?, per_user?);
    let mean = users as f64 * per_user;
    let written = object.text_of("per_user").unwrap_or_default();
    let mut arithmetic = format!(
        "{} users × {written} each = {}",
        show::count(users as f64),
        show::rate(mean)
    );
    let rate = mean * peak.unwrap_or(1.0);
    if let Some(peak) = peak {
        let peak = show::number(peak);
        arithmetic = format!("{arithmetic}; × {peak} at the peak = {}", show::rate(rate));
    }
    let people = People {
        users,
        peak_to_mean: peak.unwrap_or(1.0),
    };
    Some((above_zero(field, rate)?, Some((people, arithmetic))))
}

/// Refuses a rate of nothing.
pub(super) fn above_zero(field: &Field, rate: f64) -> Option<f64> {
    if rate > 0.0 {
        return Some(rate);
    }
    let message = format!("{} must be more than 0", field.name);
    field.error("value::out-of-range", message);
    None
}

/// Reads where the clients are.
pub(super) fn from(field: &Field) -> Vec<(String, f64)> {
    if !matches!(field.value.data, Data::Object(_)) {
        let place = settings::place(field);
        return place.into_iter().map(|place| (place, 1.0)).collect();
    }
    let Some(mut object) = field.object() else {
        return Vec::new();
    };
    let mut places = Vec::new();
    for member in object.members() {
        let name = format!("`{}` of {}", shortened(&member.key), field.name);
        let weight = Field::new(&member.value, name, field.sink).factor();
        if !settings::is_place(&member.key) {
            let message = format!("{} has no place `{}`", field.name, shortened(&member.key));
            let help = "places are regions such as `us-east-1` and zones such as `us-east-1a`";
            let sink = field.sink;
            sink.error_with_help("placement::place", &member.key_place, message, help);
        }
        places.extend(weight.map(|weight| (member.key.clone(), weight)));
    }
    if places.iter().map(|(_, weight)| weight).sum::<f64>() <= 0.0 {
        let message = format!("{} must have a weight above 0", field.name);
        field.error("value::no-weight", message);
    }
    places
}

/// Forms of a shape.
const SHAPES: [&str; 4] = ["steps", "ramp", "diurnal", "mmpp"];

/// Reads how rate or clients vary in time.
fn shape(mut object: Object) -> Option<Shape> {
    let [steps, ramp, diurnal, mmpp] = SHAPES.map(|form| object.field(form));
    let given = [&steps, &ramp, &diurnal, &mmpp];
    if given.iter().filter(|form| form.is_some()).count() != 1 {
        object.ignore_rest();
        let message = format!("{} must have exactly one form", object.owner());
        let written = object.members().first().map(|member| member.key.as_str());
        let help = help(written.unwrap_or_default(), SHAPES);
        let sink = object.sink();
        sink.error_with_help("load::shape", object.place(), message, help);
        return None;
    }
    if let Some(field) = steps {
        return Some(Shape::Steps(points(&field)?));
    }
    if let Some(field) = ramp {
        return Some(Shape::Ramp(points(&field)?));
    }
    if let Some(field) = diurnal {
        let mut object = field.object()?;
        let peak = object.required("peak_to_mean")?.factor_in(1.0..=100.0);
        let period = object.duration_in("period", Span(1)..=longest());
        return Some(Shape::Diurnal {
            peak_to_mean: peak?,
            period: period.unwrap_or(Span(86_400_000_000_000)),
        });
    }
    let field = mmpp?;
    let mut states = Vec::new();
    for entry in field.list()? {
        if let [factor, stay] = pair(&entry)?.as_slice() {
            let stay = stay.duration_in(Span(1)..=longest());
            states.push(factor.factor().zip(stay));
        }
    }
    let states: Vec<(f64, Span)> = states.into_iter().collect::<Option<_>>()?;
    if states.iter().map(|(factor, _)| factor).sum::<f64>() <= 0.0 {
        let message = format!("{} must have a factor above 0", field.name);
        field.error("value::no-weight", message);
    }
    Some(Shape::Mmpp(states))
}

/// Reads a list of [time, factor] in order of time.
fn points(field: &Field) -> Option<Vec<(SimTime, f64)>> {
    let mut points = Vec::new();
    for entry in field.list()? {
        if let [time, factor] = pair(&entry)?.as_slice() {
            points.push(time.duration().zip(factor.factor()));
        }
    }
    let points: Vec<(Span, f64)> = points.into_iter().collect::<Option<_>>()?;
    if points.is_empty() {
        field.error("value::empty", format!("{} must not be empty", field.name));
        return None;
    }
    if !points.is_sorted_by(|one, other| one.0 < other.0) {
        let message = format!("{} must be in order of time", field.name);
        field.error("load::shape-order", message);
    }
    let factors = points.iter().map(|(_, factor)| factor);
    if factors.sum::<f64>() <= 0.0 {
        let message = format!("{} must have a factor above 0", field.name);
        field.error("value::no-weight", message);
    }
    let points = points
        .into_iter()
        .map(|(time, factor)| (SimTime(time.0), factor));
    Some(points.collect())
}

/// Reads a list of two.
fn pair<'a>(entry: &Field<'a>) -> Option<Vec<Field<'a>>> {
    let both = entry.list()?;
    if both.len() == 2 {
        return Some(both);
    }
    let message = format!("{} must have 2 entries, got {}", entry.name, both.len());
    entry.error("load::shape-entry", message);
    None
}
