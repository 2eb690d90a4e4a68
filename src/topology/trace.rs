//! Recorded arrivals: written in place, or a CSV file with the header
//! `time,flow,key,bytes`.
//!
//! Times are in order; a record that is not sorted is refused, because a sorted
//! copy would hide that two records were pasted together.

use super::build::Build;
use super::load_file::LoadRequest;
use super::{FlowIndex, TraceEntry};
use crate::spec::value::shortened;
use crate::spec::{Data, Field};
use crate::units::{SimTime, parse};
use std::collections::BTreeMap;
use std::path::Path;

/// Most recorded arrivals.
///
/// CHOICE: 40 bytes each are kept in memory.
const MOST_ENTRIES: usize = 10_000_000;

/// Columns of a CSV file.
const COLUMNS: [&str; 4] = ["time", "flow", "key", "bytes"];

/// Recorded arrivals.
pub(super) enum Recorded {
    /// Of the line's flow.
    Plain(Vec<TraceEntry>),
    /// By flow, as the record says.
    ByFlow(BTreeMap<FlowIndex, Vec<TraceEntry>>),
}

/// Reads a trace.
pub(super) fn read(build: &Build, field: &Field, request: &LoadRequest) -> Option<Recorded> {
    match &field.value.data {
        Data::Text(path) if !may_read(request, path) => {
            let message = format!("trace `{}` may not be read from here", shortened(path));
            let help = "write the arrivals in place, as `times`, or name a topology that has \
                this trace on the command line";
            let sink = field.sink;
            sink.error_with_help("trace::not-allowed", field.place(), message, help);
            None
        }
        Data::Text(path) => read_file(build, field, &request.directory.join(path), path),
        Data::Object(_) => Some(Recorded::Plain(read_inline(field)?)),
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::List(_) => {
            field.wrong_type("the name of a CSV file, or an object with `times`")
        }
    }
}

/// Whether a trace may be read.
fn may_read(request: &LoadRequest, path: &str) -> bool {
    request
        .traces
        .is_none_or(|allowed| allowed.iter().any(|one| one == path))
}

/// Reads a trace that is written in place.
fn read_inline(field: &Field) -> Option<Vec<TraceEntry>> {
    let mut object = field.object()?;
    let times = object.required("times")?;
    let keys = object.field("keys");
    let listed = times.list()?;
    if listed.is_empty() {
        times.error("value::empty", format!("{} must not be empty", times.name));
        return None;
    }
    let read: Vec<_> = listed.iter().map(Field::duration).collect();
    let instants: Vec<SimTime> = read
        .into_iter()
        .map(|span| span.map(|span| SimTime(span.0)))
        .collect::<Option<_>>()?;
    if let Some(late) = listed
        .iter()
        .zip(instants.windows(2))
        .find(|(_, pair)| pair[1] < pair[0])
    {
        let message = format!(
            "{} must be in order; after {} comes an earlier one",
            times.name,
            late.0.value.shown()
        );
        late.0.error("trace::order", message);
        return None;
    }
    let keys = match keys {
        None => vec![None; instants.len()],
        Some(keys) => {
            let listed = keys.list()?;
            if listed.len() != instants.len() {
                let message = format!(
                    "{} must have as many entries as `times`, {}, got {}",
                    keys.name,
                    instants.len(),
                    listed.len()
                );
                keys.error("trace::keys", message);
                return None;
            }
            let most = u64::from(u32::MAX);
            let read = listed.iter().map(|key| key.count_in(1..=most));
            read.collect()
        }
    };
    let entries = instants.into_iter().zip(keys);
    let entries = entries.map(|(at, key)| TraceEntry {
        at,
        key,
        bytes: None,
    });
    Some(entries.collect())
}

/// Reads a CSV file.
fn read_file(build: &Build, field: &Field, path: &Path, shown: &str) -> Option<Recorded> {
    let shown = shortened(shown);
    let refuse = |message: String| {
        field.error("trace::unreadable", message);
        None
    };
    if !path.is_file() {
        return refuse(format!("trace `{shown}` is not a file"));
    }
    let mut reader = match csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(path)
    {
        Ok(reader) => reader,
        Err(error) => return refuse(format!("trace `{shown}` cannot be read: {error}")),
    };
    let headers = match reader.headers() {
        Ok(headers) => headers.clone(),
        Err(error) => return refuse(format!("trace `{shown}` cannot be read: {error}")),
    };
    let column = |name: &str| headers.iter().position(|header| header == name);
    let unknown = headers.iter().find(|header| !COLUMNS.contains(header));
    let (Some(time), None) = (column("time"), unknown) else {
        let message = format!("trace `{shown}` has no header `time,flow,key,bytes`");
        let help = "all columns but `time` are optional; access logs are not read yet";
        let sink = field.sink;
        sink.error_with_help("trace::header", field.place(), message, help);
        return None;
    };
    let columns = Columns {
        time,
        flow: column("flow"),
        key: column("key"),
        bytes: column("bytes"),
    };
    let mut flows: BTreeMap<FlowIndex, Vec<TraceEntry>> = BTreeMap::new();
    let mut last = SimTime::ZERO;
    for (index, record) in reader.records().enumerate() {
        // The header is line 1.
        let line = index + 2;
        let read = match record {
            Ok(record) => columns.entry(build, &record),
            Err(error) => Err(error.to_string()),
        };
        let (flow, entry) = match read {
            Ok(read) => read,
            Err(reason) => {
                let message = format!("trace `{shown}`, line {line}: {reason}");
                field.error("trace::entry", message);
                return None;
            }
        };
        if entry.at < last {
            let message = format!("trace `{shown}`, line {line}: earlier than the line before");
            field.error("trace::order", message);
            return None;
        }
        if index >= MOST_ENTRIES {
            let message = format!("trace `{shown}` has more than {MOST_ENTRIES} lines");
            field.error("trace::too-long", message);
            return None;
        }
        last = entry.at;
        flows.entry(flow).or_default().push(entry);
    }
    if flows.is_empty() {
        return refuse(format!("trace `{shown}` has no arrivals"));
    }
    if columns.flow.is_some() {
        return Some(Recorded::ByFlow(flows));
    }
    Some(Recorded::Plain(flows.remove(&0).unwrap_or_default()))
}

/// Where the columns of a CSV file are.
struct Columns {
    /// Seconds from the start.
    time: usize,
    /// Name of a flow.
    flow: Option<usize>,
    /// Whole number from 1 on.
    key: Option<usize>,
    /// Size of the request [bytes].
    bytes: Option<usize>,
}

impl Columns {
    /// Reads one line; the flow is 0 where the file has none.
    fn entry(
        &self,
        build: &Build,
        record: &csv::StringRecord,
    ) -> Result<(FlowIndex, TraceEntry), String> {
        let cell = |column: Option<usize>| {
            let text = column.and_then(|column| record.get(column));
            text.filter(|text| !text.is_empty())
        };
        let time = cell(Some(self.time)).unwrap_or_default();
        let seconds = parse::number(time).ok();
        let seconds = seconds.filter(|seconds| (0.0..=parse::LONGEST / 1e9).contains(seconds));
        let Some(seconds) = seconds else {
            return Err(format!("`{}` is not a time in seconds", shortened(time)));
        };
        let flow = match cell(self.flow) {
            None if self.flow.is_some() => return Err("the flow is missing".to_owned()),
            None => 0,
            Some(name) => {
                let found = build.flow_names.iter().position(|flow| flow == name);
                found.ok_or_else(|| format!("there is no flow `{}`", shortened(name)))?
            }
        };
        let whole = |column, low: u64, high: u64, what: &str| match cell(column) {
            None => Ok(None),
            Some(text) => match text.parse::<u64>() {
                Ok(value) if (low..=high).contains(&value) => Ok(Some(value)),
                Ok(_) | Err(_) => Err(format!("`{}` is not {what}", shortened(text))),
            },
        };
        let key = whole(self.key, 1, u64::from(u32::MAX), "a key from 1 on")?;
        let bytes = whole(self.bytes, 0, u64::from(u32::MAX), "a size in bytes")?;
        let at = SimTime((seconds * 1e9).round() as u64);
        Ok((flow, TraceEntry { at, key, bytes }))
    }
}
