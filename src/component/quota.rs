//! Which parameter a limit comes from, and so which document.
//!
//! A limit is known by the kind of its node and the name that the kind gives it. What is
//! not in the table has the sources of its kind.

use super::find;

/// Limits by (kind, name): the parameter that sets them.
const PARAMETERS: &[(&str, &str, &str)] = &[
    ("cloudfront", "requests of the distribution", "rate"),
    ("api-gateway", "requests of the stage", "rate"),
    ("api-gateway", "new connections of the account", "connects"),
    ("lambda", "concurrency", "reserved_concurrency"),
    ("dynamodb", "partition read units", "partition_read"),
    ("dynamodb", "partition write units", "partition_write"),
    ("kinesis", "shard records", "shard_records"),
    ("kinesis", "shard bytes", "shard_bytes"),
    ("firehose", "records", "records"),
    ("firehose", "calls", "calls"),
    ("firehose", "bytes", "bytes"),
    ("eventbridge", "events of the account's buses", "rate"),
    (
        "eventbridge",
        "invocations of the account's targets",
        "invocations",
    ),
    ("s3", "partition reads", "read_rate"),
    ("s3", "partition writes", "write_rate"),
    ("sqs", "calls", "rate"),
    ("sqs", "messages in flight", "in_flight"),
    ("sns", "messages of the account's topics", "rate"),
    ("athena", "submissions of queries", "rate"),
    ("athena", "concurrency", "active"),
    ("step-functions", "starts of standard workflows", "rate"),
    ("step-functions", "starts of express workflows", "rate"),
    ("step-functions", "starts of child executions", "dispatch"),
    ("kms", "symmetric requests to KMS", "symmetric"),
    ("secrets-manager", "reads of secrets", "reads"),
    ("secrets-manager", "writes of secrets", "writes"),
    ("iam", "STS calls", "rate"),
    ("efs", "reads", "reads"),
    ("efs", "writes", "writes"),
    ("rds", "storage operations", "iops"),
    ("rds", "concurrency", "connections"),
    ("aurora", "concurrency", "connections"),
    ("redshift", "concurrency", "connections"),
    ("nat-gateway", "concurrency", "addresses"),
    ("pool", "environments", "max"),
    ("pool", "concurrency", "max"),
    ("limiter", "rate", "rate"),
    ("limiter", "concurrency", "concurrency"),
    ("external", "rate", "rate"),
    ("external", "concurrency", "concurrency"),
];

/// Limits that more than one parameter of a node sets, or the account: key and source.
const OTHERS: &[(&str, &str, &str, &str)] = &[
    (
        "api-gateway",
        "requests of the account's APIs",
        "account.api_gateway_rate",
        "API Gateway Developer Guide, quotas: 10,000 requests per second of an account and region",
    ),
    (
        "lambda",
        "requests per unit of concurrency",
        "account.lambda_concurrency",
        "Lambda Developer Guide: ten requests a second for each unit of concurrency",
    ),
    (
        "dynamodb",
        "table read units",
        "rcu or warm_read",
        "as provisioned; on demand what the table serves at once: DynamoDB developer guide",
    ),
    (
        "dynamodb",
        "table write units",
        "wcu or warm_write",
        "as provisioned; on demand what the table serves at once: DynamoDB developer guide",
    ),
    (
        "lambda",
        "environments",
        "account.lambda_concurrency",
        "Lambda Developer Guide, quotas: 1,000 concurrent executions of an account and region",
    ),
];

/// Where a limit comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// What sets it, as users write it; none if nothing does.
    pub key: Option<&'static str>,
    /// Document or reason behind its default.
    pub source: &'static str,
}

/// Returns where a limit of a kind comes from.
pub fn origin(kind: &str, name: &str) -> Origin {
    let mut others = OTHERS.iter();
    let other = others.find(|(of, known, ..)| *of == kind && *known == name);
    if let Some((_, _, key, source)) = other {
        return Origin {
            key: Some(key),
            source,
        };
    }
    let info = find(kind);
    let mut named = PARAMETERS.iter();
    let named = named.find(|(of, known, _)| *of == kind && *known == name);
    let parameters = info.map_or(&[][..], |info| (info.parameters)());
    let parameter = named.and_then(|(_, _, key)| parameters.iter().find(|one| one.name == *key));
    match parameter {
        Some(parameter) => Origin {
            key: Some(parameter.name),
            source: parameter.source,
        },
        None => Origin {
            key: None,
            source: info.map_or("", |info| info.sources),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_names_a_parameter_that_there_is() {
        for (kind, name, key) in PARAMETERS {
            let found = origin(kind, name);

            assert_eq!(found.key, Some(*key), "{kind}: {name}");
            assert!(!found.source.is_empty(), "{kind}: {name}");
        }
    }

    #[test]
    fn a_limit_without_a_row_has_the_sources_of_its_kind() {
        let found = origin("dynamodb", "no such limit");

        assert_eq!(found.key, None);
        assert!(!found.source.is_empty());
    }
}
