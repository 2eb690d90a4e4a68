//! Tables, buckets and file systems, and who hears of changes.

use super::scaling;
use crate::import::draft::{Draft, Made};
use crate::import::resource::{Resource, Value};
use crate::import::wiring::Wiring;

/// Makes a table.
pub(super) fn table(draft: &mut Draft<'_>) -> Made {
    let read = ["ProvisionedThroughput.ReadCapacityUnits", "read_capacity"];
    let write = ["ProvisionedThroughput.WriteCapacityUnits", "write_capacity"];
    let on_demand = match draft.text(&["BillingMode"]) {
        Some(mode) => mode == "PAY_PER_REQUEST",
        // SOURCE: SAM developer guide, AWS::Serverless::SimpleTable: on demand unless throughput is
        // given; CloudFormation, AWS::DynamoDB::Table: provisioned unless the mode says otherwise.
        // Recalled 2026-11.
        None => {
            draft.resource.type_name == "AWS::Serverless::SimpleTable"
                && draft.value(&read).is_none()
        }
    };
    let billing = if on_demand {
        "\"on-demand\""
    } else {
        "\"provisioned\""
    };
    let known = draft
        .value(&["BillingMode"])
        .is_none_or(|mode| mode.text().is_some());
    if known {
        draft.put(
            "billing",
            billing,
            draft
                .value(&["BillingMode"])
                .unwrap_or(&draft.resource.properties),
        );
    } else {
        draft.name("billing", &["BillingMode"]);
    }
    if !on_demand {
        draft.count("rcu", &read);
        draft.count("wcu", &write);
        scaling::target(draft, "rcu_scaling", "table:ReadCapacityUnits");
        scaling::target(draft, "wcu_scaling", "table:WriteCapacityUnits");
    }
    let indexes = draft.value(&["GlobalSecondaryIndexes", "global_secondary_index"]);
    let mut made = Vec::new();
    for index in indexes.map_or(&[][..], Value::entries) {
        let mut parts = Vec::new();
        for (key, paths) in [("rcu", &read), ("wcu", &write)] {
            let value = index.first(paths).filter(|_| !on_demand);
            let number = value.and_then(|value| draft.number_in(key, value));
            parts.extend(number.map(|number| format!("\"{key}\": {number}")));
        }
        made.push(match parts.as_slice() {
            [] => "{}".to_owned(),
            parts => format!("{{ {} }}", parts.join(", ")),
        });
    }
    if let (Some(value), Some((first, more))) = (indexes, made.split_first()) {
        draft.put("index", first.as_str(), value);
        if !more.is_empty() {
            draft.put("indexes", format!("[ {} ]", more.join(", ")), value);
        }
    }
    let local = draft.value(&["LocalSecondaryIndexes", "local_secondary_index"]);
    if let Some(value) = local.filter(|value| !value.entries().is_empty()) {
        draft.put("local_indexes", value.entries().len().to_string(), value);
    }
    Ok(Some("dynamodb"))
}

/// Makes a bucket.
pub(super) fn bucket(_: &mut Draft<'_>) -> Made {
    Ok(Some("s3"))
}

/// Links a bucket to those who are told of its changes.
pub(super) fn notifications(resource: &Resource, wiring: &mut Wiring<'_>) {
    let own = wiring.own(resource);
    let buckets = match own {
        Some(own) => vec![own],
        None => wiring.at(&resource.properties, &["Bucket"]),
    };
    // Of a bucket they stand under a key; of a notification they are all that it says.
    let said = match own {
        Some(_) => resource.properties.get("NotificationConfiguration"),
        None => Some(&resource.properties),
    };
    let Some(said) = said else {
        return;
    };
    let kinds: [(&[&str], &[&str]); 3] = [
        (
            &["LambdaConfigurations", "lambda_function"],
            &["Function", "lambda_function_arn"],
        ),
        (&["QueueConfigurations", "queue"], &["Queue", "queue_arn"]),
        (&["TopicConfigurations", "topic"], &["Topic", "topic_arn"]),
    ];
    for (lists, ends) in kinds {
        for one in said.all(lists) {
            let targets = wiring.at(one, ends);
            if targets.is_empty() {
                wiring.lost(resource, ends[0]);
            }
            for to in targets {
                for from in &buckets {
                    notify(
                        wiring,
                        (*from, to),
                        one,
                        &format!("notification of {}", resource.id),
                    );
                }
            }
        }
    }
}

/// Links a bucket to somebody who is told of some events.
pub(super) fn notify(
    wiring: &mut Wiring<'_>,
    (bucket, to): (usize, usize),
    said: &Value,
    evidence: &str,
) {
    let events = said.all(&["Events", "Event"]);
    let any = |word: &str| {
        let mut texts = events.iter().filter_map(Value::text);
        texts.any(|text| text.contains(word))
    };
    let ops = match (any("ObjectCreated"), any("ObjectRemoved")) {
        (true, false) => Some("[ \"put\" ]"),
        (false, true) => Some("[ \"delete\" ]"),
        (true, true) | (false, false) => None,
    };
    let filtered = said
        .first(&["Filter", "filter_prefix", "filter_suffix"])
        .is_some();
    if let Some(link) = wiring.link(bucket, to, evidence) {
        if let Some(ops) = ops {
            link.properties.insert("ops", ops.to_owned());
        }
        if filtered {
            link.evidence
                .push("its filter is not imported: assumed that all pass; see `share`".to_owned());
        }
    }
}

/// Makes a file system.
pub(super) fn files(draft: &mut Draft<'_>) -> Made {
    let modes = [
        ("bursting", "bursting"),
        ("elastic", "elastic"),
        ("provisioned", "provisioned"),
    ];
    draft.word("mode", &["ThroughputMode"], &modes);
    draft.usual("mode", "\"bursting\"");
    if draft.text(&["ThroughputMode"]) == Some("provisioned") {
        draft.quantity("throughput", &["ProvisionedThroughputInMibps"], "MiB/s");
    }
    Ok(Some("efs"))
}
