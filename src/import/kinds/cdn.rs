//! What stands at the edge: distributions, names, user pools.

use crate::import::design::{Node, name_of};
use crate::import::draft::{Draft, Made};
use crate::import::resource::{Resource, Value};
use crate::import::wiring::Wiring;

/// Makes a distribution.
pub(super) fn distribution(_: &mut Draft<'_>) -> Made {
    Ok(Some("cloudfront"))
}

/// Links a distribution to its origins, by the behaviours that use them.
pub(super) fn origins(resource: &Resource, wiring: &mut Wiring<'_>) {
    let Some(own) = wiring.own(resource) else {
        return;
    };
    // A plan has no level between.
    let said = resource
        .properties
        .get("DistributionConfig")
        .unwrap_or(&resource.properties);
    let origins = said.all(&["Origins", "origin"]);
    let id = |value: &Value, paths: &[&str]| {
        value
            .first(paths)
            .and_then(Value::pattern)
            .map(str::to_owned)
    };
    let groups = said
        .first(&["OriginGroups.Items", "origin_group"])
        .map_or(&[][..], Value::entries);
    let mut behaviours: Vec<(String, &Value)> = Vec::new();
    for one in said.all(&["CacheBehaviors", "ordered_cache_behavior"]) {
        let pattern = one.first(&["PathPattern"]).and_then(Value::pattern);
        behaviours.push((pattern.unwrap_or("path").to_owned(), one));
    }
    behaviours.extend(
        said.first(&["DefaultCacheBehavior"])
            .map(|one| ("default".to_owned(), one)),
    );
    for (label, behaviour) in behaviours {
        let mut target = id(behaviour, &["TargetOriginId"]);
        let group = groups.iter().find(|group| {
            let own = id(group, &["Id", "origin_id"]);
            own.is_some() && own == target
        });
        if let Some(group) = group {
            // The first member is used while it is well.
            let first = group.all(&["Members.Items", "member"]).first();
            target = first.and_then(|member| id(member, &["OriginId"]));
        }
        let origin = origins.iter().find(|origin| {
            let own = id(origin, &["Id", "origin_id"]);
            own.is_some() && own == target
        });
        let evidence = format!("behaviour {label} of {}", resource.id);
        let Some(origin) = origin else {
            let text = format!("{evidence} has an origin that is not known");
            wiring.said.note(&behaviour.place, text);
            continue;
        };
        let targets = wiring.at(origin, &["DomainName"]);
        if targets.is_empty() {
            wiring.elsewhere(own, label.clone(), &evidence);
        }
        for to in targets {
            wiring.route(own, to, label.clone(), &evidence);
        }
    }
}

/// Makes a name that leads to something of the template; records of one name are one node.
pub(super) fn record(resource: &Resource, wiring: &mut Wiring<'_>) {
    let said = &resource.properties;
    let paths = [
        "AliasTarget.DNSName",
        "alias.name",
        "ResourceRecords",
        "records",
    ];
    let targets = wiring.at(said, &paths);
    let Some(name) = said.first(&["Name"]).and_then(Value::pattern) else {
        return;
    };
    if targets.is_empty() {
        // Mail, verification, or something outside.
        return;
    }
    if said
        .first(&[
            "Region",
            "latency_routing_policy",
            "GeoLocation",
            "geolocation_routing_policy",
        ])
        .is_some()
    {
        let text = format!(
            "`{}` is answered by place, which is not imported: each answer comes as often",
            resource.id
        );
        wiring.said.note(&resource.place, text);
    }
    let comment = format!("{} ({})", resource.id, resource.type_name);
    let short = resource.short.clone();
    let node = wiring.made(&format!("record {name}"), |wiring| {
        wiring.design.add(Node {
            name: name_of(&short),
            kind: "route53",
            parameters: Vec::new(),
            comments: vec![comment],
        })
    });
    let weight = said
        .first(&["Weight", "weighted_routing_policy.weight"])
        .and_then(Value::number);
    for to in targets {
        if let Some(link) = wiring.link(node, to, &format!("record {}", resource.id))
            && let Some(weight) = weight
        {
            link.properties.insert("weight", format!("{weight}"));
        }
    }
}

/// Makes a pool of users.
pub(super) fn users(_: &mut Draft<'_>) -> Made {
    Ok(Some("cognito"))
}
