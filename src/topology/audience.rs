//! The audience: who posts and who reads, and the steps that reach them.
//!
//! `fan_out` delivers a request to its author's recipients, page by page; `gather`
//! reads what was delivered, and pulls the rest. Both say by name what belongs
//! together; who is pushed to and who is pulled is decided by `strategy`.

use super::build::Build;
use super::flows::walk;
use super::steps::{Steps, join};
use super::{Audience, FanOutStep, Flow, GatherStep, LoadLine, Recipients, Step, Strategy};
use crate::component::Class;
use crate::diagnostic::Place;
use crate::random::law::KeyLaw;
use crate::random::{self, Followers};
use crate::spec::value::shortened;
use crate::spec::{Data, Field, Object, help};
use petgraph::Direction;
use std::collections::{BTreeMap, BTreeSet};

/// Most accounts: the key space of a visit has 32 bits.
const MOST_USERS: u64 = u32::MAX as u64 - 1;
/// Recipients per page where a step does not say.
const DEFAULT_BATCH: u32 = 1000;
/// Greatest exponent of posting by followers.
///
/// CHOICE: at 10 one account in a hundred thousand posts everything already.
const MOST_SKEW: f64 = 10.0;

/// Reads the audience.
pub(super) fn read(top: &mut Object) -> Option<Audience> {
    let mut object = top.object("audience")?;
    let users = object
        .required("users")
        .and_then(|field| field.count_in(1..=MOST_USERS));
    let followers = object.required("followers").and_then(|one| followers(&one));
    let posting = match object.field("posting") {
        None => Some(0.0),
        Some(field) => posting(&field),
    };
    let followees = object.count_law("followees");
    let active = object.share("active").unwrap_or(1.0);
    let online = object.share("online").unwrap_or(0.0);
    if online > active {
        let message = format!("`online` must be at most `active`, which is {active}, got {online}");
        object.error_at("online", "audience::online", message);
    }
    let activity = object.list("activity").map(|list| activity(&object, &list));
    let from = object
        .field("from")
        .map(|field| super::load_lines::from(&field));
    let strategy = match object.field("strategy") {
        None => Some(Strategy::Write),
        Some(field) => strategy(&field),
    };
    Some(Audience {
        population: random::Audience {
            users: users?,
            followers: followers?,
            posting: posting?,
            followees,
            active,
            online,
            activity: activity.unwrap_or_default(),
        },
        from: from.unwrap_or_default(),
        strategy: strategy?,
    })
}

/// Reads one of a few words where something else may stand as well.
fn word(field: &Field, words: &[&'static str], other: &str) -> Option<&'static str> {
    let written = field.value.as_text()?;
    if let Some(found) = words.iter().find(|word| **word == written) {
        return Some(found);
    }
    let list: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    let list = list.join(", ");
    let shown = shortened(written);
    let message = format!("{} must be {list} or {other}, got `{shown}`", field.name);
    let code = "value::unknown-choice";
    match crate::spec::nearest(written, words.iter().copied()) {
        Some(near) => {
            let help = format!("did you mean `{near}`?");
            field
                .sink
                .error_with_help(code, field.place(), message, help);
        }
        None => field.error(code, message),
    }
    None
}

/// Reads how many followers an account has.
fn followers(field: &Field) -> Option<Followers> {
    if let Some(text) = field.value.as_text()
        && crate::units::parse::count(text).is_err()
    {
        word(field, &["twitter"], "a count distribution")?;
        return Some(Followers::Measured);
    }
    let law = field.count_law()?;
    if Followers::has_ranks(&law) {
        return Some(Followers::Law(law));
    }
    let what = format!("a mixture, sum or sequence as {}", field.name);
    super::later(field.sink, field.place(), &what);
    None
}

/// Reads how the rate of posting depends on the followers.
fn posting(field: &Field) -> Option<f64> {
    if field.value.as_text().is_some() {
        word(field, &["even"], "an object with `power`")?;
        return Some(0.0);
    }
    if !matches!(field.value.data, Data::Object(_)) {
        return field.wrong_type("\"even\" or an object with `power`");
    }
    let mut object = field.object()?;
    object
        .required("power")
        .and_then(|power| power.factor_in(0.0..=MOST_SKEW))
}

/// Reads classes of activity: their shares make up all accounts.
fn activity(object: &Object, entries: &[Field]) -> Vec<(f64, f64)> {
    let mut classes = Vec::new();
    for entry in entries {
        let Some(mut class) = entry.object() else {
            continue;
        };
        let share = class.required("share").and_then(|one| one.share());
        let weight = class.required("weight").and_then(|one| one.factor());
        classes.extend(share.zip(weight));
    }
    if classes.len() == entries.len() {
        let sum: f64 = classes.iter().map(|(share, _)| share).sum();
        let active: f64 = classes.iter().map(|(share, weight)| share * weight).sum();
        if (sum - 1.0).abs() > 1e-6 {
            let message = format!("the shares of `activity` must sum to 1, got {sum}");
            object.error_at("activity", "audience::activity", message);
        } else if active <= 0.0 {
            let message = "`activity` must have a class with a weight above 0";
            object.error_at("activity", "value::no-weight", message);
        }
    }
    classes
}

/// Reads who is pushed to and who is pulled.
fn strategy(field: &Field) -> Option<Strategy> {
    if field.value.as_text().is_some() {
        return match word(field, &["write", "read"], "an object with `hybrid`")? {
            "read" => Some(Strategy::Read),
            _ => Some(Strategy::Write),
        };
    }
    if !matches!(field.value.data, Data::Object(_)) {
        return field.wrong_type("\"write\", \"read\" or an object with `hybrid`");
    }
    let mut object = field.object()?;
    let mut hybrid = object.required("hybrid")?.object()?;
    let threshold = hybrid.required("threshold")?.count()?;
    Some(Strategy::Hybrid(threshold))
}

impl Steps<'_, '_> {
    /// Reads a fan-out.
    pub(super) fn fan_out(&mut self, value: &Field, object: &mut Object) -> Option<Step> {
        let name = value.text();
        if let Some(name) = name {
            self.build.check_name("a fan-out", name, value.place());
        }
        let recipients = match object.field("recipients") {
            None => Some(Recipients::Active),
            Some(field) => recipients(&field),
        };
        let of_page = object.choice("of", &["author", "page"]) == Some("page");
        let batch = object.field("batch").map(|one| one.small_count(1));
        let concurrency = object.field("concurrency").map(|one| one.small_count(1));
        let order = object.choice("order", &["arrival", "small-first"]);
        let strategy = object.field("strategy").map(|field| strategy(&field));
        if of_page {
            for key in ["recipients", "strategy"] {
                if object.has(key) {
                    let message = format!(
                        "`{key}` is said by the fan-out of the author, not by one of its pages"
                    );
                    object.error_at(key, "fan-out::of-page", message);
                }
            }
        }
        let steps = self.required_steps(object, "do");
        Some(Step::FanOut(Box::new(FanOutStep {
            name: name?.to_owned(),
            recipients: recipients?,
            of_page,
            batch: batch.unwrap_or(Some(DEFAULT_BATCH))?,
            concurrency: concurrency.unwrap_or(Some(1))?,
            small_first: order == Some("small-first"),
            strategy: strategy.map_or(Some(None), |one| one.map(Some))?,
            steps,
            place: value.place().clone(),
        })))
    }

    /// Reads the reading side.
    pub(super) fn gather(&mut self, value: &Field, object: &mut Object) -> Option<Step> {
        let name = value.text();
        let own = self.required_steps(object, "own");
        let pull = self.required_steps(object, "pull");
        let batch = object.field("batch").map(|one| one.small_count(1));
        let concurrency = object
            .field("concurrency")
            .filter(|field| field.value.as_text() != Some("unlimited"))
            .map(|field| field.small_count(1));
        let join = join(object);
        let merge = object.duration("merge").unwrap_or_default();
        let strategy = object.field("strategy").map(|field| strategy(&field));
        Some(Step::Gather(Box::new(GatherStep {
            name: name?.to_owned(),
            own,
            pull,
            batch: batch.unwrap_or(Some(1))?,
            concurrency: concurrency.map_or(Some(None), |one| one.map(Some))?,
            join: join?,
            merge,
            strategy: strategy.map_or(Some(None), |one| one.map(Some))?,
            place: value.place().clone(),
        })))
    }

    /// Reads steps that must be there.
    fn required_steps(&mut self, object: &mut Object, key: &'static str) -> Vec<Step> {
        if object.has(key) {
            return self.under(object, key).unwrap_or_default();
        }
        object.missing(key);
        Vec::new()
    }
}

/// Reads who gets a post: a set of followers, or so many.
fn recipients(field: &Field) -> Option<Recipients> {
    let counts = |text: &str| crate::units::parse::count(text).is_ok();
    if field.value.as_text().is_some_and(|text| !counts(text)) {
        let sets = ["followers", "active", "online"];
        return match word(field, &sets, "a count distribution")? {
            "followers" => Some(Recipients::Followers),
            "online" => Some(Recipients::Online),
            _ => Some(Recipients::Active),
        };
    }
    Some(Recipients::Count(field.count_law()?))
}

/// Checks what fan-outs, gathers and the keys of users need of the rest of the file.
pub(super) fn check(build: &Build, audience: Option<&Audience>, flows: &[Flow], load: &[LoadLine]) {
    let mut names = BTreeSet::new();
    for flow in flows {
        each_step(flow, &mut |step| {
            if let Step::FanOut(step) = step {
                names.insert(step.name.clone());
            }
        });
    }
    for (index, flow) in flows.iter().enumerate() {
        let user = is_user(build, index, flow, load);
        let mut seen = BTreeSet::new();
        check_pages(build, flow);
        each_step(flow, &mut |step| match step {
            Step::FanOut(step) => {
                check_fan_out(build, audience, flow, step, user);
                if !step.of_page && !seen.insert(step.name.clone()) {
                    let message = format!(
                        "flow `{}` has two fan-outs `{}` of the author",
                        flow.name, step.name
                    );
                    build.sink.error("fan-out::twice", &step.place, message);
                }
            }
            Step::Gather(step) => check_gather(build, audience, flow, step, user, &names),
            Step::Compute(_)
            | Step::Pause(_)
            | Step::Call(_)
            | Step::Parallel { .. }
            | Step::Each { .. }
            | Step::Choose(_)
            | Step::Try { .. }
            | Step::Fail(_) => {}
        });
        for at in &flow.at {
            if several_messages(build, at.node) {
                outside_messages(build, &at.steps);
            }
        }
    }
}

/// Checks that pages of a fan-out are delivered once at a node, and alike at all nodes:
/// which recipients have it is known by equal pages.
fn check_pages(build: &Build, flow: &Flow) {
    let mut batches: BTreeMap<String, u32> = BTreeMap::new();
    for at in &flow.at {
        let mut here = BTreeSet::new();
        walk(&at.steps, &mut |step| {
            let Step::FanOut(step) = step else { return };
            if !step.of_page {
                return;
            }
            if !here.insert(step.name.clone()) {
                let message = format!(
                    "node `{}` has two fan-outs `{}` of the page",
                    build.name(at.node),
                    step.name
                );
                build.sink.error("fan-out::twice", &step.place, message);
            }
            let first = *batches.entry(step.name.clone()).or_insert(step.batch);
            if first != step.batch {
                let message = format!(
                    "the fan-outs `{}` of the page have a `batch` of {} here and of {first} elsewhere",
                    step.name, step.batch
                );
                let help = "give them the same `batch`";
                build
                    .sink
                    .error_with_help("fan-out::batches", &step.place, message, help);
            }
        });
    }
}

/// Calls `visit` for every step of a flow.
fn each_step<'f>(flow: &'f Flow, visit: &mut dyn FnMut(&'f Step)) {
    walk(&flow.client, visit);
    for at in &flow.at {
        walk(&at.steps, visit);
    }
}

/// Whether the key of every request of a flow is a user.
fn is_user(build: &Build, index: usize, flow: &Flow, load: &[LoadLine]) -> bool {
    let is = |key: Option<usize>| {
        let law = key.and_then(|key| build.keys.get(key)).map(|key| &key.law);
        matches!(law, Some(KeyLaw::Author | KeyLaw::Reader))
    };
    let mut lines = load.iter().filter(|line| line.flow == index).peekable();
    match lines.peek() {
        None => is(flow.key),
        Some(_) => lines.all(|line| is(line.key.or(flow.key))),
    }
}

/// Says that a step needs an audience that is not there.
fn no_audience(build: &Build, place: &Place, what: &str) {
    let message = format!("{what} needs an `audience`");
    let help =
        "say who there is: `\"audience\": { \"users\": \"1M\", \"followers\": \"twitter\" }`";
    build
        .sink
        .error_with_help("audience::none", place, message, help);
}

/// Checks a fan-out.
fn check_fan_out(
    build: &Build,
    audience: Option<&Audience>,
    flow: &Flow,
    step: &FanOutStep,
    user: bool,
) {
    let name = shortened(&step.name);
    if step.of_page {
        let mut cut = false;
        each_step(flow, &mut |other| {
            if let Step::FanOut(other) = other {
                cut |= other.name == step.name && !other.of_page;
            }
        });
        if !cut {
            let message = format!(
                "the fan-out `{name}` is of a page, but nothing in flow `{}` cuts pages of it",
                flow.name
            );
            let help = "write a `fan_out` of the same name whose `do` sends pages here";
            build
                .sink
                .error_with_help("fan-out::no-page", &step.place, message, help);
        }
        return;
    }
    if matches!(step.recipients, Recipients::Count(_)) {
        return;
    }
    if audience.is_none() {
        let what = format!("the fan-out `{name}`");
        no_audience(build, &step.place, &what);
    } else if !user {
        let message = format!(
            "the fan-out `{name}` needs to know who posts, but requests of flow `{}` have no user as key",
            flow.name
        );
        let help = "give the flow `\"key\": \"author\"`, or the fan-out a count of `recipients`";
        build
            .sink
            .error_with_help("fan-out::no-author", &step.place, message, help);
    }
}

/// Checks the reading side.
fn check_gather(
    build: &Build,
    audience: Option<&Audience>,
    flow: &Flow,
    step: &GatherStep,
    user: bool,
    names: &BTreeSet<String>,
) {
    let name = shortened(&step.name);
    if !names.contains(&step.name) {
        let message = format!("`gather` names fan-out `{name}`, which does not exist");
        let help = if names.is_empty() {
            format!(
                "write a step `{{ \"fan_out\": \"{name}\", \"do\": [ … ] }}` where posts are delivered"
            )
        } else {
            help(&step.name, names.iter().map(String::as_str))
        };
        build
            .sink
            .error_with_help("gather::no-fan-out", &step.place, message, help);
    }
    if audience.is_none() {
        no_audience(build, &step.place, &format!("the gather `{name}`"));
    } else if !user {
        let message = format!(
            "the gather `{name}` needs to know who reads, but requests of flow `{}` have no user as key",
            flow.name
        );
        let help = "give the flow `\"key\": \"reader\"`";
        build
            .sink
            .error_with_help("gather::no-reader", &step.place, message, help);
    }
}

/// Whether a node gets several messages in one delivery.
fn several_messages(build: &Build, node: petgraph::graph::NodeIndex<u32>) -> bool {
    let mut links = build.graph.edges_directed(node, Direction::Incoming);
    links.any(|link| {
        use petgraph::visit::EdgeRef;
        let delivers = build.class(link.source()).is_some_and(Class::delivers);
        delivers && link.weight().delivery.batch.is_some_and(|batch| batch > 1)
    })
}

/// Refuses fan-outs that would deliver only the first of several messages.
fn outside_messages(build: &Build, steps: &[Step]) {
    for step in steps {
        match step {
            Step::FanOut(step) => {
                let message = format!(
                    "the fan-out `{}` is of one post, but a delivery may bring several",
                    shortened(&step.name)
                );
                let help = "put it into `{ \"each\": \"message\", \"do\": [ … ] }`";
                build
                    .sink
                    .error_with_help("fan-out::several-posts", &step.place, message, help);
            }
            Step::Each { times: None, .. }
            | Step::Compute(_)
            | Step::Pause(_)
            | Step::Fail(_)
            | Step::Gather(_) => {}
            Step::Each { steps, .. } => outside_messages(build, steps),
            Step::Call(call) => {
                let nested = [&call.on_miss, &call.on_error];
                for steps in nested.into_iter().flatten() {
                    outside_messages(build, steps);
                }
            }
            Step::Parallel { branches, .. } => {
                branches
                    .iter()
                    .for_each(|steps| outside_messages(build, steps));
            }
            Step::Choose(options) => {
                options
                    .iter()
                    .for_each(|(_, steps)| outside_messages(build, steps));
            }
            Step::Try {
                steps, on_error, ..
            } => {
                outside_messages(build, steps);
                outside_messages(build, on_error.as_deref().unwrap_or_default());
            }
        }
    }
}
