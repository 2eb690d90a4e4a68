//! Functions, and what wakes them: event source mappings, events of SAM, URLs.

use super::bus;
use crate::import::design::Enter;
use crate::import::draft::{Draft, Made};
use crate::import::resource::{Data, Resource, Value};
use crate::import::wiring::Wiring;

/// Runtimes of the vendor, and those whose start has been measured.
const RUNTIMES: &[(&str, &str)] = &[
    ("nodejs22.x", "nodejs22"),
    ("nodejs24.x", "nodejs24"),
    ("python3.13", "python3.13"),
    ("python3.14", "python3.14"),
    ("java21", "java21"),
    ("java25", "java25"),
    ("dotnet8", "dotnet8"),
    ("dotnet10", "dotnet10"),
    ("ruby3.4", "ruby3.4"),
];

/// Makes a function.
pub(super) fn function(draft: &mut Draft<'_>) -> Made {
    draft.quantity("memory", &["MemorySize"], "MiB");
    draft.usual("memory", "\"128MiB\"");
    draft.quantity("timeout", &["Timeout"], "s");
    draft.usual("timeout", "\"3s\"");
    draft.word("runtime", &["Runtime"], RUNTIMES);
    // A plan writes -1 for none.
    let reserved = draft.value(&["ReservedConcurrentExecutions"]);
    match reserved.and_then(Value::number) {
        Some(number) if number < 0.0 => {}
        Some(0.0) => draft.note(format!(
            "`ReservedConcurrentExecutions` of `{}` is 0, which stops it; nothing is reserved here",
            draft.resource.id
        )),
        Some(_) | None => draft.count("reserved_concurrency", &["ReservedConcurrentExecutions"]),
    }
    draft.count(
        "provisioned_concurrency",
        &["ProvisionedConcurrencyConfig.ProvisionedConcurrentExecutions"],
    );
    provisioned_elsewhere(draft);
    Ok(Some("lambda"))
}

/// Looks for provisioned concurrency at aliases, versions and in resources of its own.
fn provisioned_elsewhere(draft: &mut Draft<'_>) {
    let types = [
        "AWS::Lambda::Alias",
        "AWS::Lambda::Version",
        "aws_lambda_provisioned_concurrency_config",
    ];
    let paths = [
        "ProvisionedConcurrencyConfig.ProvisionedConcurrentExecutions",
        "ProvisionedConcurrentExecutions",
        "ProvisionedConcurrencyConfiguration.ProvisionedConcurrentExecutions",
    ];
    for one in draft.stack.about(draft.resource, &types, &["FunctionName"]) {
        let Some(value) = one.properties.first(&paths) else {
            continue;
        };
        if let Some(number) = draft.number_in("ProvisionedConcurrentExecutions", value)
            && number.fract() == 0.0
        {
            draft.put("provisioned_concurrency", format!("{number}"), value);
        }
    }
}

/// Links from what an event source mapping reads from to its function.
pub(super) fn mapping(resource: &Resource, wiring: &mut Wiring<'_>) {
    let sources = wiring.at(&resource.properties, &["EventSourceArn"]);
    let functions = wiring.at(&resource.properties, &["FunctionName"]);
    let evidence = format!("event source mapping {}", resource.id);
    if sources.is_empty() {
        wiring.lost(resource, "EventSourceArn");
    }
    for from in sources {
        for to in &functions {
            deliver(wiring, (from, *to), &resource.properties, &evidence);
        }
    }
}

/// Links a queue, stream or table to a function that is given batches.
fn deliver(wiring: &mut Wiring<'_>, (from, to): (usize, usize), said: &Value, evidence: &str) {
    if is_off(said) {
        let text = format!("{evidence} is disabled; it is not imported");
        return wiring.said.note(&said.place, text);
    }
    let kind = wiring.design.nodes.get(from).map_or("", |node| node.kind);
    // SOURCE: Lambda API reference, CreateEventSourceMapping: BatchSize is 10 for queues and 100
    // for streams where it is not given. Read 2026-11.
    let usual = match kind {
        "sqs" => "10",
        "kinesis" | "dynamodb" => "100",
        _ => {
            let text =
                format!("{evidence} reads from a node of kind `{kind}`, which delivers nothing");
            return wiring.said.note(&said.place, text);
        }
    };
    let batch = wiring
        .count(said, "BatchSize")
        .unwrap_or_else(|| usual.to_owned());
    let seconds = |value: Option<String>| value.map(|seconds| format!("\"{seconds}s\""));
    let mut properties = vec![
        ("batch", Some(batch)),
        (
            "window",
            seconds(wiring.count(said, "MaximumBatchingWindowInSeconds"))
                .filter(|text| text != "\"0s\""),
        ),
    ];
    let reports = said.first(&["FunctionResponseTypes"]);
    let reports = reports.is_some_and(|value| {
        let mut entries = value.entries().iter();
        entries.any(|entry| entry.text() == Some("ReportBatchItemFailures"))
    });
    properties.push(("partial", reports.then(|| "true".to_owned())));
    if kind == "sqs" {
        let most = said
            .first(&["ScalingConfig"])
            .and_then(|scaling| wiring.count(scaling, "MaximumConcurrency"));
        properties.push(("concurrency", most));
    } else {
        properties.push(("concurrency", wiring.count(said, "ParallelizationFactor")));
        let bisects = said
            .first(&["BisectBatchOnFunctionError"])
            .is_some_and(Value::is_true);
        properties.push(("bisect", bisects.then(|| "true".to_owned())));
        // -1 is without end, which is the default; a plan writes it.
        let unbounded = |name: &str| {
            said.first(&[name])
                .and_then(Value::number)
                .is_some_and(|one| one < 0.0)
        };
        if !unbounded("MaximumRetryAttempts") {
            let retries = wiring.count(said, "MaximumRetryAttempts");
            let attempts = retries
                .and_then(|text| text.parse::<u64>().ok())
                .map(|retries| (retries + 1).to_string());
            properties.push(("attempts", attempts));
        }
        if !unbounded("MaximumRecordAgeInSeconds") {
            let age = seconds(wiring.count(said, "MaximumRecordAgeInSeconds"));
            properties.push(("max_age", age));
        }
        for dead in wiring.at(
            said,
            &[
                "DestinationConfig.OnFailure.Destination",
                "DestinationConfig.OnFailure.DestinationArn",
            ],
        ) {
            wiring.dead_letters(from, dead, evidence);
        }
    }
    let filtered = said.first(&["FilterCriteria"]).is_some();
    if let Some(link) = wiring.link(from, to, evidence) {
        for (key, value) in properties {
            link.properties.extend(value.map(|value| (key, value)));
        }
        if filtered {
            link.evidence
                .push("its filter is not imported: assumed that all pass; see `share`".to_owned());
        }
    }
}

/// Whether something is there, but switched off.
pub(super) fn is_off(said: &Value) -> bool {
    let enabled = said.first(&["Enabled"]);
    let enabled = enabled
        .is_none_or(|value| value.data != Data::Bool(false) && value.text() != Some("false"));
    !enabled || said.text_of(&["State"]) == Some("DISABLED")
}

/// Lets clients in by the URL of a function.
pub(super) fn url(resource: &Resource, wiring: &mut Wiring<'_>) {
    for function in wiring.at(&resource.properties, &["TargetFunctionArn", "FunctionName"]) {
        wiring.door(
            function,
            Enter::Call,
            format!("function URL {}", resource.id),
        );
    }
}

/// Links what a connector of SAM permits.
pub(super) fn connector(resource: &Resource, wiring: &mut Wiring<'_>) {
    let said = &resource.properties;
    let from = wiring.by_id(said.text_of(&["Source.Id"]));
    let targets = said.all(&["Destination"]);
    let evidence = format!("connector {}", resource.id);
    for target in targets {
        for to in wiring.by_id(target.text_of(&["Id"])) {
            for from in &from {
                let permits = |word: &str| {
                    let mut entries = said.all(&["Permissions"]).iter();
                    entries.any(|entry| entry.text() == Some(word))
                };
                wiring.uses(*from, to, (permits("Read"), permits("Write")), &evidence);
            }
        }
    }
}

/// Links the events of a function of SAM to it.
pub(super) fn events(resource: &Resource, wiring: &mut Wiring<'_>) {
    let Some(function) = wiring.own(resource) else {
        return;
    };
    if resource.properties.first(&["FunctionUrlConfig"]).is_some() {
        wiring.door(function, Enter::Call, "its function URL".to_owned());
    }
    if resource.type_name != "AWS::Serverless::Function" {
        return;
    }
    let events = resource
        .properties
        .get("Events")
        .map_or(&[][..], Value::members);
    for (name, event) in events {
        let evidence = format!("event {name} of {}", resource.id);
        let nothing = Value::new(event.place.clone(), Data::Null);
        let said = event.get("Properties").unwrap_or(&nothing);
        match event.text_of(&["Type"]) {
            Some(kind @ ("Api" | "HttpApi")) => api(wiring, function, kind, said, &evidence),
            Some("SQS") => stream(wiring, function, (said, "Queue"), &evidence),
            Some("Kinesis" | "DynamoDB") => stream(wiring, function, (said, "Stream"), &evidence),
            Some("SNS") => {
                for topic in wiring.at(said, &["Topic"]) {
                    super::messaging::subscribe(wiring, (topic, function), said, &evidence);
                }
            }
            Some("S3") => {
                for bucket in wiring.at(said, &["Bucket"]) {
                    super::storage::notify(wiring, (bucket, function), said, &evidence);
                }
            }
            Some("EventBridgeRule" | "CloudWatchEvent") => {
                let from = bus::named(wiring, said, &evidence);
                for from in from {
                    bus::to_target(wiring, (from, function), said, &evidence);
                }
            }
            Some("Schedule" | "ScheduleV2") => {
                bus::timer(
                    wiring,
                    function,
                    said,
                    &["Schedule", "ScheduleExpression"],
                    &evidence,
                );
            }
            Some(other) => {
                let text = format!("{evidence} is of type `{other}`, which is not modelled");
                wiring.said.note(&event.place, text);
            }
            None => {
                let message = format!("event `{name}` of `{}` has no `Type`", resource.id);
                let sink = &wiring.said.sink;
                sink.error("template::no-type", &event.place, message);
            }
        }
    }
}

/// Links a queue or stream of an event to its function.
fn stream(wiring: &mut Wiring<'_>, function: usize, (said, key): (&Value, &str), evidence: &str) {
    let sources = wiring.at(said, &[key]);
    if sources.is_empty() {
        let text = format!("{evidence}: the template does not have what `{key}` names");
        wiring.said.note(&said.place, text);
    }
    for from in sources {
        deliver(wiring, (from, function), said, evidence);
    }
}

/// Links an API of an event to its function.
fn api(wiring: &mut Wiring<'_>, function: usize, kind: &str, said: &Value, evidence: &str) {
    let paths: &[&str] = if kind == "Api" {
        &["RestApiId"]
    } else {
        &["ApiId"]
    };
    let implicit = if kind == "Api" {
        "ServerlessRestApi"
    } else {
        "ServerlessHttpApi"
    };
    let apis = match said.first(paths) {
        Some(_) => wiring.at(said, paths),
        None => wiring.by_id(Some(implicit)),
    };
    let method = said.text_of(&["Method"]).unwrap_or("any").to_uppercase();
    let path = said.text_of(&["Path"]).unwrap_or("/{proxy+}");
    for api in apis {
        wiring.route(api, function, format!("{method} {path}"), evidence);
    }
}
