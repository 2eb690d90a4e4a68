//! Relational databases, caches and search domains.

use super::scaling::whole;
use crate::import::draft::{Draft, Made};

/// Types of instances, which may be parts of clusters and copies of others.
const INSTANCES: &[&str] = &[
    "AWS::RDS::DBInstance",
    "aws_db_instance",
    "aws_rds_cluster_instance",
];
/// Types that say which databases are behind a proxy.
const PROXIED: &[&str] = &["AWS::RDS::DBProxyTargetGroup", "aws_db_proxy_target"];

/// Makes a database of one instance and its replicas.
pub(super) fn instance(draft: &mut Draft<'_>) -> Made {
    let in_cluster = draft
        .value(&["DBClusterIdentifier", "ClusterIdentifier"])
        .is_some();
    let source = ["SourceDBInstanceIdentifier", "replicate_source_db"];
    if in_cluster || draft.value(&source).is_some() {
        // Its cluster, or what it is a copy of, counts it.
        return Ok(None);
    }
    engine(
        draft,
        &[
            ("mysql", "mysql"),
            ("postgres", "postgresql"),
            ("mariadb", "mariadb"),
        ],
    )?;
    draft.name("class", &["DBInstanceClass", "instance_class"]);
    draft.flag("multi_az", &["MultiAZ"]);
    if draft.number(&["Iops"]).is_some_and(|(iops, _)| iops > 0.0) {
        draft.quantity("iops", &["Iops"], "/s");
    }
    let replicas = draft.stack.about(draft.resource, INSTANCES, &source).len();
    if replicas > 0 {
        draft.put("replicas", replicas.to_string(), &draft.resource.properties);
    }
    proxied(draft, &["DBInstanceIdentifiers", "DBInstanceIdentifier"]);
    Ok(Some("rds"))
}

/// Writes the engine; one that is not modelled makes no node.
fn engine(draft: &mut Draft<'_>, words: &[(&str, &str)]) -> Result<(), String> {
    let known = |text: &str| words.iter().any(|(from, _)| *from == text);
    match draft.text(&["Engine"]) {
        Some(engine) if !known(engine) => Err(format!("engine `{engine}` is not modelled")),
        Some(_) | None => {
            draft.word("engine", &["Engine"], words);
            Ok(())
        }
    }
}

/// Says that a proxy stands before the database.
fn proxied(draft: &mut Draft<'_>, paths: &[&str]) {
    if !draft.stack.about(draft.resource, PROXIED, paths).is_empty() {
        draft.put("proxy", "true", &draft.resource.properties);
    }
}

/// Makes a cluster whose instances share storage.
pub(super) fn cluster(draft: &mut Draft<'_>) -> Made {
    let words = [
        ("aurora", "mysql"),
        ("aurora-mysql", "mysql"),
        ("aurora-postgresql", "postgresql"),
    ];
    engine(draft, &words)?;
    let stack = draft.stack;
    let members = stack.about(
        draft.resource,
        INSTANCES,
        &["DBClusterIdentifier", "ClusterIdentifier"],
    );
    let class = members.iter().find_map(|member| {
        member
            .properties
            .first(&["DBInstanceClass", "instance_class"])
    });
    let capacity = draft.value(&["ServerlessV2ScalingConfiguration"]);
    let serverless = class.is_some_and(|class| class.text() == Some("db.serverless"));
    match (class, capacity) {
        (_, Some(capacity)) if serverless || class.is_none() => {
            let bounds = [("min", "MinCapacity"), ("max", "MaxCapacity")];
            let parts = bounds.iter().filter_map(|(key, name)| {
                let number = draft.number_in(name, capacity.get(name)?)?;
                Some(format!("\"{key}\": {number}"))
            });
            let parts: Vec<String> = parts.collect();
            draft.put(
                "serverless",
                format!("{{ {} }}", parts.join(", ")),
                capacity,
            );
        }
        (Some(class), _) if !serverless => {
            if let Some(text) = class.text() {
                draft.put("class", crate::import::draft::quoted(text), class);
            }
        }
        (_, _) => draft.note(format!(
            "the class of the instances of `{}` is not known",
            draft.resource.id
        )),
    }
    if members.len() > 1 {
        draft.put(
            "replicas",
            (members.len() - 1).to_string(),
            &draft.resource.properties,
        );
    }
    proxied(draft, &["DBClusterIdentifiers", "DBClusterIdentifier"]);
    Ok(Some("aurora"))
}

/// Makes a cache of shards with replicas.
pub(super) fn replication_group(draft: &mut Draft<'_>) -> Made {
    draft.count("shards", &["NumNodeGroups"]);
    draft.count("replicas", &["ReplicasPerNodeGroup"]);
    let nodes = whole(&draft.resource.properties, &["NumCacheClusters"]);
    if let (false, Some(nodes), Some(value)) = (
        draft.has("replicas"),
        nodes,
        draft.value(&["NumCacheClusters"]),
    ) {
        draft.put("replicas", nodes.saturating_sub(1).to_string(), value);
    }
    draft.name("node_type", &["CacheNodeType", "node_type"]);
    Ok(Some("elasticache-redis"))
}

/// Makes a cache of nodes that know nothing of each other, or of one shard.
pub(super) fn cache_cluster(draft: &mut Draft<'_>) -> Made {
    if draft.value(&["ReplicationGroupId"]).is_some() {
        return Ok(None);
    }
    match draft.text(&["Engine"]) {
        Some("memcached") => {
            draft.count("nodes", &["NumCacheNodes"]);
            draft.name("type", &["CacheNodeType", "node_type"]);
            Ok(Some("elasticache-memcached"))
        }
        Some("redis" | "valkey") => {
            draft.name("node_type", &["CacheNodeType", "node_type"]);
            Ok(Some("elasticache-redis"))
        }
        Some(other) => Err(format!("engine `{other}` is not modelled")),
        None => Err("its `Engine` is not known".to_owned()),
    }
}

/// Makes a search domain.
pub(super) fn search(draft: &mut Draft<'_>) -> Made {
    draft.count("nodes", &["ClusterConfig.InstanceCount"]);
    draft.usual("nodes", "1");
    draft.name("type", &["ClusterConfig.InstanceType"]);
    Ok(Some("opensearch"))
}
