//! What watches a run and changes it, against exact schedules and closed forms.

mod alarms;
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod capacity;
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod changes;
mod charges;
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod crashes;
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod deliveries;
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod deployments;
mod fault_reports;
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod faults;
mod metrics;
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod scaling;
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod shifting;
mod threads;
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod tracing;
