//! What a capacity estimate needs to know beyond the design: users, how long things are
//! kept, the space of short codes, availabilities, and a bill that somebody else wrote.
//!
//! None of it changes a run; `kneepoint check` alone reads it.

use super::build::Build;
use super::load_lines::above_zero;
use super::policy::longest;
use crate::spec::value::shortened;
use crate::spec::{Field, Object};
use crate::units::{Span, parse};

/// Most characters of a code.
const MOST_LENGTH: u64 = 64;
/// Most letters that a code is written with.
const MOST_LETTERS: u64 = 1_000_000;

/// What the file says for the capacity estimate alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Estimate {
    /// Users among whom the bill is divided.
    pub users: Option<f64>,
    /// How long what is written stays; a month is 30 days.
    pub keep: Option<Span>,
    /// Codes that name what is written.
    pub codes: Option<Codes>,
    /// Share of time that one copy of a node is there, by node.
    pub availability: Vec<(String, f64)>,
    /// A bill that somebody else wrote, line by line [US dollars a month].
    pub costs: Vec<(String, f64)>,
}

/// Codes of a fixed length, one for every record of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codes {
    /// The node whose records they name.
    pub node: String,
    /// Letters to choose from.
    pub alphabet: u64,
    /// Letters of a code.
    pub length: u32,
}

impl Codes {
    /// Returns how many there are.
    pub fn space(&self) -> f64 {
        // Exact as long as it has 53 bits.
        (0..self.length).fold(1.0, |space, _| space * self.alphabet as f64)
    }
}

/// Reads the estimate.
pub(super) fn read(build: &Build, top: &mut Object) -> Estimate {
    let mut found = Estimate::default();
    let Some(mut object) = top.object("estimate") else {
        return found;
    };
    found.users = object
        .count_in("users", 1..=u64::MAX)
        .map(|users| users as f64);
    found.keep = object.duration_in("keep", Span(1)..=longest());
    found.codes = object
        .object("codes")
        .and_then(|mut codes| read_codes(build, &mut codes));
    if let Some(mut nodes) = object.object("availability") {
        for member in nodes.members() {
            let what = "`availability` of `estimate`";
            let node = build.node(&member.key, &member.key_place, what);
            let name = format!("`{}` of {what}", shortened(&member.key));
            let share = Field::new(&member.value, name, build.sink).share();
            if let (Some(_), Some(share)) = (node, share) {
                found.availability.push((member.key.clone(), share));
            }
        }
    }
    if let Some(mut lines) = object.object("costs") {
        for member in lines.members() {
            let name = format!("`{}` of `costs` of `estimate`", shortened(&member.key));
            let field = Field::new(&member.value, name, build.sink);
            if let Some(usd) = monthly(&field) {
                found.costs.push((member.key.clone(), usd));
            }
        }
    }
    found
}

/// Reads what the codes are like.
fn read_codes(build: &Build, object: &mut Object) -> Option<Codes> {
    let node = object.required("node").and_then(|field| {
        let name = field.text()?.to_owned();
        build.node(&name, field.place(), &field.name)?;
        Some(name)
    });
    let alphabet = object
        .required("alphabet")
        .and_then(|field| field.count_in(1..=MOST_LETTERS));
    let length = object
        .required("length")
        .and_then(|field| field.count_in(1..=MOST_LENGTH));
    Some(Codes {
        node: node?,
        alphabet: alphabet?,
        length: length? as u32,
    })
}

/// Reads money a month: `$2000/month`.
fn monthly(field: &Field) -> Option<f64> {
    let text = field.text()?;
    let amount = text
        .strip_prefix('$')
        .and_then(|rest| rest.strip_suffix("/month"));
    match amount.and_then(|amount| parse::count(amount).ok()) {
        Some(usd) => above_zero(field, usd),
        None => field.wrong_type("money such as \"$2000/month\""),
    }
}
