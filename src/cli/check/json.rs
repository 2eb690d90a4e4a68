//! What `check` found, as JSON: plain numbers in the units that their keys name.

use super::Checked;
use crate::analysis::estimate::{DAY, Estimate, MONTH, Quota, Unit};
use crate::analysis::theory::{Capacity, Form, Theory, What};
use serde_json::{Value, json};

/// Version of this document.
const SCHEMA: u32 = 1;

/// Writes everything.
pub(super) fn document(checked: &Checked<'_>) -> String {
    let topology = &checked.loaded.topology;
    let mut all = json!({
        "schema": SCHEMA,
        "version": env!("CARGO_PKG_VERSION"),
        "topology": topology.name,
        "variant": topology.variant,
        "nodes": topology.graph.node_count() - 1,
        "links": topology.graph.edge_count(),
        "warnings": checked.loaded.warnings,
        "mistakes": checked.findings.iter().map(|one| json!({
            "rule": one.rule.name(),
            "subject": one.subject,
            "message": one.message,
            "help": one.rule.remedy(),
        })).collect::<Vec<Value>>(),
        "theory": match &checked.theory {
            Ok(known) => theory(known),
            Err(why) => json!({ "why": why }),
        },
        "assumptions": checked.assumed.iter().map(|one| one.sentence()).collect::<Vec<String>>(),
    });
    if let Some(estimate) = &checked.estimate {
        all["capacity"] = capacity(estimate);
        all["limits"] = estimate.quotas.iter().map(limit).collect();
        all["cost"] = cost(estimate);
    }
    format!("{all:#}\n")
}

/// Writes rates, storage and what follows from them.
fn capacity(estimate: &Estimate) -> Value {
    let flows = estimate.flows.iter().map(|flow| {
        json!({
            "flow": flow.flow,
            "rate_per_s": flow.per_s,
            "peak_per_s": flow.peak_per_s,
            "per_day": flow.per_s * DAY,
            "per_month": flow.per_s * MONTH,
            "in_bytes_per_s": flow.in_per_s,
            "out_bytes_per_s": flow.out_per_s,
            "unwaiting_ms": flow.time_s * 1e3,
            "arithmetic": flow.arithmetic,
        })
    });
    let fan_outs = estimate.fan_outs.iter().map(|one| {
        json!({
            "fan_out": one.fan_out,
            "posts_per_s": one.posts_per_s,
            "recipients": one.recipients,
            "deliveries_per_s": one.per_s,
            "deliveries_per_day": one.per_s * DAY,
        })
    });
    let stores = estimate.stores.iter().map(|store| {
        let mut value = json!({
            "node": store.node,
            "kind": store.kind,
            "reads_per_s": store.reads_per_s,
            "writes_per_s": store.writes_per_s,
            "read_bytes_per_s": store.read_bytes_per_s,
            "written_bytes_per_s": store.written_bytes_per_s,
            "new_items_per_month": store.new_per_s * MONTH,
            "new_bytes_per_day": store.new_bytes_per_s * DAY,
            "new_bytes_per_month": store.new_bytes_per_s * MONTH,
        });
        if let Some(kept) = store.kept {
            value["kept_s"] = json!(kept.time.as_seconds());
            value["kept_items"] = json!(kept.items);
            value["kept_bytes"] = json!(kept.bytes);
        }
        value
    });
    let caches = estimate.caches.iter().map(|cache| {
        json!({
            "node": cache.node,
            "entries": cache.entries,
            "keys": cache.keys,
            "most_hit_rate": cache.most_hit_rate,
            "asked_hit_rate": cache.asked,
            "entries_for_asked": cache.entries_for_asked,
        })
    });
    let availability = estimate.availability.iter().map(|one| {
        json!({
            "flow": one.flow,
            "share": one.share,
            "minutes_down_per_month": one.minutes_down(),
            "nodes": one.nodes.iter().map(|(node, copies)| json!({ "node": node, "copies": copies })).collect::<Vec<Value>>(),
        })
    });
    json!({
        "flows": flows.collect::<Vec<Value>>(),
        "fan_outs": fan_outs.collect::<Vec<Value>>(),
        "stores": stores.collect::<Vec<Value>>(),
        "caches": caches.collect::<Vec<Value>>(),
        "codes": estimate.codes.as_ref().map(|codes| json!({
            "node": codes.node,
            "space": codes.space,
            "used": codes.used,
            "used_share": codes.used.map(|used| used / codes.space),
        })),
        "availability": availability.collect::<Vec<Value>>(),
        "assumed": estimate.assumed,
    })
}

/// Writes one limit.
fn limit(quota: &Quota) -> Value {
    json!({
        "node": quota.node,
        "kind": quota.kind,
        "limit": quota.name,
        "unit": match quota.unit {
            Unit::PerSecond => "per_s",
            Unit::Places => "places",
            Unit::Servers => "servers",
            Unit::Bytes => "bytes",
        },
        "most": quota.limit,
        "instances": quota.instances,
        "used": quota.used,
        "used_at_peak": quota.peak,
        "share": quota.share(),
        "headroom": quota.headroom(),
        "exceeded": quota.share() > 1.0,
        "set_by": quota.key,
        "source": quota.source,
    })
}

/// Writes the bill.
fn cost(estimate: &Estimate) -> Value {
    let bill = &estimate.bill;
    let lines = bill.lines.iter().map(|line| {
        json!({
            "node": line.node,
            "item": line.item,
            "quantity": line.quantity,
            "unit": line.unit,
            "usd": line.usd,
            "standing": line.standing,
            "source": line.source,
        })
    });
    let bought = bill.bought.iter().map(|one| {
        json!({ "node": one.node, "usd": one.usd, "item": one.item, "quantity": one.quantity, "used": one.used })
    });
    json!({
        "month_usd": bill.month_usd,
        "user_usd": bill.user_usd,
        "million_usd": bill.million_usd,
        "stated_usd": bill.stated_usd,
        "stated_user_usd": bill.stated_user_usd,
        "lines": lines.collect::<Vec<Value>>(),
        "bought": bought.collect::<Vec<Value>>(),
        "unpriced": bill.unpriced,
    })
}

/// Writes what theory says.
fn theory(known: &Theory) -> Value {
    let flows = known.flows.iter().map(|flow| match &flow.mean {
        Ok(mean) => {
            json!({ "flow": flow.flow, "mean_ms": mean * 1e3, "approximate": flow.approximate })
        }
        Err(why) => json!({ "flow": flow.flow, "mean_ms": null, "why": why }),
    });
    json!({
        "capacities": known.capacities.iter().map(one_capacity).collect::<Vec<Value>>(),
        "flows": flows.collect::<Vec<Value>>(),
        "varying": known.varying,
    })
}

/// Writes what theory says of something that can be full.
fn one_capacity(capacity: &Capacity) -> Value {
    let mut value = json!({
        "node": capacity.node,
        "what": match &capacity.what {
            What::Station => "station",
            What::Limit => "limit",
            What::Environments => "environments",
            What::Bucket(name) => name,
        },
        "servers": capacity.servers,
        "copies": capacity.copies,
        "rate_per_s": capacity.rate_per_s,
        "approximate_rate": capacity.approximate_rate,
        "offered_load": capacity.offered_load,
        "utilisation": capacity.utilisation,
    });
    match &capacity.form {
        Form::Known(answer) => {
            let milliseconds = |time: Option<f64>| time.map(|time| time * 1e3);
            value["form"] = json!({
                "name": answer.form,
                "approximate": answer.approximate,
                "waits": answer.waits,
                "refused": answer.refused,
                "mean_wait_ms": milliseconds(answer.mean_wait),
                "mean_wait_at_most_ms": milliseconds(answer.mean_wait_at_most),
                "wait_p99_ms": milliseconds(answer.wait_p99),
                "mean_sojourn_ms": milliseconds(answer.mean_sojourn),
                "sojourn_p99_ms": milliseconds(answer.sojourn_p99),
            });
        }
        Form::Unstable { grows_per_s } => value["grows_per_s"] = json!(grows_per_s),
        Form::Load => {}
        Form::NoClosedForm(why) => value["why"] = json!(why),
    }
    value
}
