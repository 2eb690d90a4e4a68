//! Run settings, placement and account.

use super::build::Build;
use super::load_file::LoadRequest;
use super::policy::longest;
use super::{Account, Machines, Placement, Run, WarmUp};
use crate::spec::value::shortened;
use crate::spec::{Data, Field, Object};
use crate::units::Span;
use std::collections::BTreeMap;

/// End of counting where the file gives none.
const DEFAULT_HORIZON: Span = Span(60_000_000_000);
/// Most points of a timeline.
///
/// CHOICE: more than a screen has columns, few enough to keep for every flow and node.
const MOST_POINTS: u64 = 10_000;
/// Most independent runs.
///
/// CHOICE: intervals no longer narrow visibly.
pub const MOST_REPLICATIONS: u32 = 10_000;
/// Most requests that are listed one by one.
const MOST_RECORDED: u64 = 1_000_000;

/// Reads the run settings; the command line holds over the file.
pub(super) fn run(top: &mut Object, request: &LoadRequest) -> Run {
    let mut run = Run {
        horizon: DEFAULT_HORIZON,
        warm_up: WarmUp::Auto,
        replications: 10,
        seed: 1,
        interval: Span::ZERO,
        record: 0,
    };
    if let Some(mut object) = top.object("run") {
        let horizon = object.duration_in("horizon", Span(1)..=longest());
        run.horizon = horizon.unwrap_or(run.horizon);
        if let Some(field) = object.field("warm_up")
            && field.value.as_text() != Some("auto")
            && let Some(span) = field.duration()
        {
            run.warm_up = WarmUp::Fixed(span);
        }
        let replications = object.count_in("replications", 1..=u64::from(MOST_REPLICATIONS));
        run.replications = replications.map_or(run.replications, |count| count as u32);
        run.seed = object.count("seed").unwrap_or(run.seed);
        let interval = object.duration_in("interval", Span(1)..=longest());
        run.interval = interval.unwrap_or(run.interval);
        let record = object.count_in("record", 0..=MOST_RECORDED);
        run.record = record.map_or(run.record, |count| count as u32);
    }
    run.horizon = request.horizon.unwrap_or(run.horizon);
    run.warm_up = request.warm_up.unwrap_or(run.warm_up);
    run.replications = request.replications.unwrap_or(run.replications);
    run.seed = request.seed.unwrap_or(run.seed);
    if run.interval == Span::ZERO {
        run.interval = Span((run.horizon.0 / 100).max(1));
    }
    let points = run.horizon.0 / run.interval.0;
    if points > MOST_POINTS {
        let message = format!("`interval` of `run` gives {points} points; at most {MOST_POINTS}");
        top.error_at("run", "run::interval", message);
    }
    if let WarmUp::Fixed(span) = run.warm_up
        && span >= run.horizon
    {
        let shown = [span, run.horizon].map(|one| crate::units::show::duration(one.0 as f64));
        let message = format!(
            "the warm-up of {} leaves nothing of the horizon of {}",
            shown[0], shown[1]
        );
        top.error_at("run", "run::warm-up", message);
    }
    run
}

/// The placement, and where the file puts which node.
pub(super) struct Placed {
    /// Regions, zones and latencies.
    pub(super) placement: Placement,
    /// Places of nodes that the file names.
    nodes: BTreeMap<String, Vec<String>>,
}

/// Reads the placement.
pub(super) fn placement(build: &mut Build, top: &mut Object) -> Placed {
    let mut placed = Placed {
        placement: Placement {
            region: "us-east-1".to_owned(),
            zones: 3,
            same_zone: None,
            other_zone: None,
            pairs: Vec::new(),
        },
        nodes: BTreeMap::new(),
    };
    let Some(mut object) = top.object("placement") else {
        return placed;
    };
    if let Some(field) = object.field("region")
        && let Some(region) = place(&field)
    {
        if is_zone(&region) {
            field.wrong_type::<()>("a region such as \"us-east-1\"");
        }
        placed.placement.region = region;
    }
    let zones = object.count_in("zones", 1..=6);
    placed.placement.zones = zones.map_or(3, |zones| zones as u32);
    if let Some(mut nodes) = object.object("nodes") {
        for member in nodes.members() {
            let what = "`nodes` of `placement`";
            let node = build.node(&member.key, &member.key_place, what);
            let name = format!("`{}` of {what}", shortened(&member.key));
            let field = Field::new(&member.value, name, build.sink);
            let places: Vec<String> = match &member.value.data {
                Data::List(_) => {
                    let entries = field.list().unwrap_or_default();
                    entries.iter().filter_map(place).collect()
                }
                Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::Object(_) => {
                    place(&field).into_iter().collect()
                }
            };
            if matches!(&member.value.data, Data::List(entries) if entries.is_empty()) {
                field.error("value::empty", format!("{} must not be empty", field.name));
            }
            if node.is_some() {
                placed.nodes.insert(member.key.clone(), places);
            }
        }
    }
    if let Some(mut latency) = object.object("latency") {
        for member in latency.members() {
            let name = format!("`{}` of `latency` of `placement`", shortened(&member.key));
            let field = Field::new(&member.value, name, build.sink);
            let law = field.duration_law();
            let ends: Vec<&str> = member.key.split_whitespace().collect();
            match (ends.as_slice(), law) {
                (["same-zone"], law) => placed.placement.same_zone = law,
                (["other-zone"], law) => placed.placement.other_zone = law,
                ([one, other], law) if is_place(one) && is_place(other) => {
                    let pair = law.map(|law| ((*one).to_owned(), (*other).to_owned(), law));
                    placed.placement.pairs.extend(pair);
                }
                _ => {
                    let shown = shortened(&member.key);
                    let message = format!("`latency` of `placement` has no key `{shown}`");
                    let help = "keys are `same-zone`, `other-zone`, and two places such as \
                                `us-east-1 eu-west-1`";
                    let sink = build.sink;
                    sink.error_with_help("key::unknown", &member.key_place, message, help);
                }
            }
        }
    }
    placed
}

/// Puts every node into its places: named ones, or all zones of the region.
pub(super) fn place_nodes(build: &mut Build, placed: &Placed) {
    let region = &placed.placement.region;
    let letters = b'a'..b'a' + placed.placement.zones as u8;
    let zones: Vec<String> = letters
        .map(|letter| format!("{region}{}", char::from(letter)))
        .collect();
    for node in build.graph.node_weights_mut().skip(1) {
        let named = placed.nodes.get(&node.name);
        node.places = named.unwrap_or(&zones).clone();
    }
    if let Some(places) = placed.nodes.get("client")
        && let Some(client) = build.graph.node_weight_mut(super::client())
    {
        client.places.clone_from(places);
    }
}

/// Reads a region or zone.
pub(super) fn place(field: &Field) -> Option<String> {
    let text = field.text()?;
    if is_place(text) {
        return Some(text.to_owned());
    }
    field.wrong_type("a region such as \"us-east-1\" or a zone such as \"us-east-1a\"")
}

/// Whether a text is a region or a zone: `us-east-1`, `us-east-1a`.
pub(super) fn is_place(text: &str) -> bool {
    let region = text.strip_suffix(|last: char| last.is_ascii_lowercase());
    let region = match region {
        Some(region) if region.ends_with(|last: char| last.is_ascii_digit()) => region,
        Some(_) | None => text,
    };
    let parts: Vec<&str> = region.split('-').collect();
    let Some((number, words)) = parts.split_last() else {
        return false;
    };
    let lower = |word: &&str| !word.is_empty() && word.bytes().all(|one| one.is_ascii_lowercase());
    let digits = !number.is_empty() && number.bytes().all(|one| one.is_ascii_digit());
    text.len() <= 40 && words.len() >= 2 && words.iter().all(lower) && digits
}

/// Whether a place is a zone.
fn is_zone(place: &str) -> bool {
    place.ends_with(|last: char| last.is_ascii_lowercase())
}

impl Account {
    /// Builds the quotas of an established account.
    // SOURCE: AWS Lambda quotas, Amazon API Gateway quotas and AWS CodeBuild quotas, default
    // values per region. Read 2026-11. CHOICE: processors of an account that has grown are
    // raised on request, so that they are no limit here.
    fn established() -> Account {
        Account {
            lambda_concurrency: 1_000,
            api_gateway_rate: 10_000.0,
            api_gateway_burst: 5_000.0,
            builds: 60,
            machines: None,
        }
    }

    /// Builds the quotas of a new account.
    // CHOICE: new accounts start with reduced concurrency, which the quota page
    // does not quantify; 10 is what users report.
    // SOURCE: AWS Fargate quotas, Amazon EC2 quotas and AWS CodeBuild quotas: 6 vCPU on
    // Fargate, 5 vCPU of standard instances on demand and 5 on spot, one build. Read 2026-11.
    fn fresh() -> Account {
        Account {
            lambda_concurrency: 10,
            builds: 1,
            machines: Some(Machines {
                managed: 6.0,
                instances: 5.0,
                spot: 5.0,
            }),
            ..Account::established()
        }
    }
}

/// Reads the quotas of the account.
pub(super) fn account(top: &mut Object) -> Account {
    let mut account = Account::established();
    let Some(field) = top.field("account") else {
        return account;
    };
    match &field.value.data {
        Data::Text(text) if text == "new" => return Account::fresh(),
        Data::Object(_) => {}
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::List(_) => {
            field.wrong_type::<()>("an object or \"new\"");
            return account;
        }
    }
    if let Some(mut object) = field.object() {
        let most = object.field("lambda_concurrency");
        let most = most.and_then(|most| most.small_count(1));
        account.lambda_concurrency = most.unwrap_or(account.lambda_concurrency);
        let rate = object.rate_in("api_gateway_rate", 1e-9..=1e18);
        account.api_gateway_rate = rate.unwrap_or(account.api_gateway_rate);
        let burst = object.count_in("api_gateway_burst", 1..=u64::MAX);
        account.api_gateway_burst = burst.map_or(account.api_gateway_burst, |burst| burst as f64);
    }
    account
}
