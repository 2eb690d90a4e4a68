//! How capacity follows the load, as a scalable target and its policies say it.

use crate::import::draft::Draft;
use crate::import::resource::{Resource, Value};

/// Types of scalable targets.
const TARGETS: &[&str] = &[
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "aws_appautoscaling_target",
];
/// Types of their policies.
const POLICIES: &[&str] = &[
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "aws_appautoscaling_policy",
];

/// The vendor's metric, the word of the format, and how its value is written.
type Metric = (&'static str, &'static str, fn(f64) -> String);

/// What can be tracked.
const METRICS: &[Metric] = &[
    ("ECSServiceAverageCPUUtilization", "utilisation", share),
    ("ASGAverageCPUUtilization", "utilisation", share),
    ("DynamoDBReadCapacityUtilization", "utilisation", share),
    ("DynamoDBWriteCapacityUtilization", "utilisation", share),
    // Requests of a target in a minute.
    ("ALBRequestCountPerTarget", "requests", per_minute),
];

/// Writes percent as a share.
fn share(percent: f64) -> String {
    format!("{}", percent / 100.0)
}

/// Writes requests of a minute as a rate.
fn per_minute(requests: f64) -> String {
    format!("\"{requests}/min\"")
}

/// Writes `scaling` of the resource, in some dimension of it such as `ReadCapacityUnits`.
pub(super) fn target(draft: &mut Draft<'_>, key: &'static str, dimension: &str) {
    let targets = draft.stack.about(draft.resource, TARGETS, &["ResourceId"]);
    let wanted = |one: &&Resource| {
        let said = one.properties.text_of(&["ScalableDimension"]);
        said.is_some_and(|said| said.ends_with(dimension))
    };
    let Some(target) = targets.into_iter().find(wanted) else {
        return;
    };
    let Some(most) = whole(&target.properties, &["MaxCapacity"]) else {
        return;
    };
    let least = whole(&target.properties, &["MinCapacity"]);
    let policies = draft
        .stack
        .about(target, POLICIES, &["ScalingTargetId", "ResourceId"]);
    let configurations = [
        "TargetTrackingScalingPolicyConfiguration",
        "target_tracking_scaling_policy_configuration",
    ];
    let tracks = policies
        .iter()
        .filter_map(|policy| policy.properties.first(&configurations));
    let track = tracks.filter_map(tracked).next();
    if track.is_none() {
        draft.comments.push(format!(
            "`{key}` tracks nothing: no policy of {} says what, in words of the format",
            target.id
        ));
    }
    draft.put(key, bounds(least, most, track), &target.properties);
}

/// Writes `scaling` of a group of instances.
pub(super) fn group(draft: &mut Draft<'_>, least: Option<u64>, most: u64) {
    let types = ["AWS::AutoScaling::ScalingPolicy", "aws_autoscaling_policy"];
    let policies = draft
        .stack
        .about(draft.resource, &types, &["AutoScalingGroupName"]);
    let configurations = ["TargetTrackingConfiguration"];
    let tracks = policies
        .iter()
        .filter_map(|policy| policy.properties.first(&configurations));
    let track = tracks.filter_map(tracked).next();
    if least.is_some_and(|least| least < most) && track.is_none() {
        draft.comments.push(
            "`scaling` tracks nothing: no policy says what, in words of the format".to_owned(),
        );
    }
    draft.put(
        "scaling",
        bounds(least, most, track),
        &draft.resource.properties,
    );
}

/// Writes bounds and a target.
fn bounds(least: Option<u64>, most: u64, track: Option<String>) -> String {
    let mut parts = Vec::new();
    if let Some(least) = least.filter(|least| *least > 0) {
        parts.push(format!("\"min\": {least}"));
    }
    parts.push(format!("\"max\": {most}"));
    parts.extend(track.map(|track| format!("\"track\": {track}")));
    format!("{{ {} }}", parts.join(", "))
}

/// Returns what a policy tracks.
fn tracked(configuration: &Value) -> Option<String> {
    let metric = configuration.text_of(&[
        "PredefinedMetricSpecification.PredefinedMetricType",
        "PredefinedScalingMetricSpecification.PredefinedScalingMetricType",
    ])?;
    let value = configuration.first(&["TargetValue"])?.number()?;
    let (_, word, write) = METRICS.iter().find(|(name, _, _)| *name == metric)?;
    Some(format!("{{ \"{word}\": {} }}", write(value)))
}

/// Returns a whole number, if it is one.
pub(super) fn whole(value: &Value, paths: &[&str]) -> Option<u64> {
    let number = value.first(paths)?.number()?;
    (number.fract() == 0.0 && (0.0..1e12).contains(&number)).then_some(number as u64)
}
