//! Queues, topics, streams and delivery streams, and who gets what they hold.

use super::scaling::whole;
use crate::import::draft::{Draft, Made};
use crate::import::resource::{Resource, Value};
use crate::import::wiring::Wiring;

/// Makes a queue.
pub(super) fn queue(draft: &mut Draft<'_>) -> Made {
    draft.word(
        "type",
        &["FifoQueue"],
        &[("true", "fifo"), ("false", "standard")],
    );
    let fifo = draft.value(&["FifoQueue"]).is_some_and(Value::is_true);
    draft.quantity(
        "visibility",
        &["VisibilityTimeout", "visibility_timeout_seconds"],
        "s",
    );
    draft.quantity(
        "retention",
        &["MessageRetentionPeriod", "message_retention_seconds"],
        "s",
    );
    if draft
        .number(&["DelaySeconds"])
        .is_some_and(|(delay, _)| delay > 0.0)
    {
        draft.quantity("delay", &["DelaySeconds"], "s");
    }
    if fifo && draft.text(&["FifoThroughputLimit"]) == Some("perMessageGroupId") {
        draft.put("high_throughput", "true", &draft.resource.properties);
    }
    let elsewhere = draft.stack.about(
        draft.resource,
        &["aws_sqs_queue_redrive_policy"],
        &["QueueUrl"],
    );
    let policies = std::iter::once(draft.resource).chain(elsewhere);
    let policies = policies.filter_map(|one| one.properties.first(&["RedrivePolicy"]));
    for policy in policies {
        let parsed = policy.parsed();
        match parsed.first(&["maxReceiveCount"]) {
            Some(value) => {
                if let Some(number) = draft.number_in("maxReceiveCount", value) {
                    draft.put("max_receives", format!("{number}"), value);
                }
            }
            None => draft.note(format!(
                "`maxReceiveCount` of `{}` is not known; messages are never given up until `max_receives` is set",
                draft.resource.id
            )),
        }
    }
    Ok(Some("sqs"))
}

/// Links a queue to the one that gets what it gives up.
pub(super) fn redrive(resource: &Resource, wiring: &mut Wiring<'_>) {
    let Some(policy) = resource.properties.first(&["RedrivePolicy"]) else {
        return;
    };
    let queues = match wiring.own(resource) {
        Some(own) => vec![own],
        None => wiring.at(&resource.properties, &["QueueUrl"]),
    };
    let parsed = policy.parsed();
    let mut dead = wiring.at(&parsed, &["deadLetterTargetArn"]);
    if dead.is_empty() {
        dead = wiring.nodes(policy);
    }
    if dead.is_empty() {
        wiring.lost(resource, "RedrivePolicy");
    }
    for from in queues {
        for to in &dead {
            wiring.dead_letters(from, *to, &format!("RedrivePolicy of {}", resource.id));
        }
    }
}

/// Makes a topic.
pub(super) fn topic(draft: &mut Draft<'_>) -> Made {
    draft.word(
        "type",
        &["FifoTopic"],
        &[("true", "fifo"), ("false", "standard")],
    );
    Ok(Some("sns"))
}

/// Links a topic to the subscriptions in its own properties.
pub(super) fn subscriptions(resource: &Resource, wiring: &mut Wiring<'_>) {
    let Some(topic) = wiring.own(resource) else {
        return;
    };
    for said in resource.properties.all(&["Subscription"]) {
        subscriber(
            wiring,
            topic,
            said,
            &format!("subscription of {}", resource.id),
        );
    }
}

/// Links a topic to a subscription that stands by itself.
pub(super) fn subscription(resource: &Resource, wiring: &mut Wiring<'_>) {
    let topics = wiring.at(&resource.properties, &["TopicArn"]);
    if topics.is_empty() {
        wiring.lost(resource, "TopicArn");
    }
    for topic in topics {
        subscriber(
            wiring,
            topic,
            &resource.properties,
            &format!("subscription {}", resource.id),
        );
    }
}

/// Links a topic to the endpoint of a subscription.
fn subscriber(wiring: &mut Wiring<'_>, topic: usize, said: &Value, evidence: &str) {
    match said.text_of(&["Protocol"]) {
        Some("sqs" | "lambda" | "firehose") => {}
        Some(other) => {
            let text = format!("{evidence} goes out by `{other}`, which is not imported");
            return wiring.said.note(&said.place, text);
        }
        None => {}
    }
    let ends = wiring.at(said, &["Endpoint"]);
    if ends.is_empty() {
        let text = format!("{evidence}: the template does not have what `Endpoint` names");
        wiring.said.note(&said.place, text);
    }
    for to in ends {
        subscribe(wiring, (topic, to), said, evidence);
    }
}

/// Links a topic to a subscriber.
pub(super) fn subscribe(
    wiring: &mut Wiring<'_>,
    (topic, to): (usize, usize),
    said: &Value,
    evidence: &str,
) {
    let filtered = said.first(&["FilterPolicy"]).is_some();
    if let Some(link) = wiring.link(topic, to, evidence)
        && filtered
    {
        link.evidence
            .push("its filter is not imported: assumed that all pass; see `share`".to_owned());
    }
    if let Some(policy) = said.first(&["RedrivePolicy"]) {
        for dead in wiring.nodes(policy) {
            wiring.dead_letters(topic, dead, &format!("RedrivePolicy of {evidence}"));
        }
    }
}

/// Makes a data stream.
pub(super) fn stream(draft: &mut Draft<'_>) -> Made {
    let modes = [("ON_DEMAND", "on-demand"), ("PROVISIONED", "provisioned")];
    draft.word("mode", &["StreamModeDetails.StreamMode"], &modes);
    let on_demand = draft.text(&["StreamModeDetails.StreamMode"]) == Some("ON_DEMAND");
    if !on_demand {
        draft.count("shards", &["ShardCount"]);
    }
    if whole(
        &draft.resource.properties,
        &["RetentionPeriodHours", "RetentionPeriod"],
    ) != Some(24)
    {
        draft.quantity(
            "retention",
            &["RetentionPeriodHours", "RetentionPeriod"],
            "h",
        );
    }
    let types = [
        "AWS::Kinesis::StreamConsumer",
        "aws_kinesis_stream_consumer",
    ];
    if !draft
        .stack
        .about(draft.resource, &types, &["StreamARN"])
        .is_empty()
    {
        draft.put("consumers", "\"enhanced\"", &draft.resource.properties);
    }
    Ok(Some("kinesis"))
}

/// Where a delivery stream says how it writes to a bucket.
const TO_BUCKETS: &[&str] = &[
    "ExtendedS3DestinationConfiguration",
    "S3DestinationConfiguration",
    "extended_s3_configuration",
];

/// Makes a delivery stream.
pub(super) fn delivery(draft: &mut Draft<'_>) -> Made {
    for destination in TO_BUCKETS {
        let megabytes = format!("{destination}.BufferingHints.SizeInMBs");
        let seconds = format!("{destination}.BufferingHints.IntervalInSeconds");
        draft.quantity(
            "buffer",
            &[&megabytes, &format!("{destination}.buffering_size")],
            "MiB",
        );
        draft.quantity(
            "interval",
            &[&seconds, &format!("{destination}.buffering_interval")],
            "s",
        );
    }
    Ok(Some("firehose"))
}

/// Links a delivery stream to its source and to the bucket that it writes to.
pub(super) fn destinations(resource: &Resource, wiring: &mut Wiring<'_>) {
    let Some(own) = wiring.own(resource) else {
        return;
    };
    let said = &resource.properties;
    let source = [
        "KinesisStreamSourceConfiguration.KinesisStreamARN",
        "kinesis_source_configuration.kinesis_stream_arn",
    ];
    for stream in wiring.at(said, &source) {
        wiring.link(stream, own, &format!("source of {}", resource.id));
    }
    let mut found = false;
    for destination in TO_BUCKETS {
        for bucket in wiring.at(said, &[&format!("{destination}.BucketARN")]) {
            found |= wiring
                .link(own, bucket, &format!("destination of {}", resource.id))
                .is_some();
        }
    }
    if !found {
        let text = format!(
            "the destination of `{}` is not imported: it is no bucket of the template",
            resource.id
        );
        wiring.said.note(&resource.place, text);
    }
}
