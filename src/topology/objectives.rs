//! Objectives: `redirect p99 < 100ms for 99% from 10s until 60s`.
//!
//! A small parser that points at the word it stumbles over. The value decides how
//! a tally is read: a number counts, a percentage is a share, a rate is per second.

use super::build::Build;
use super::{Bound, Compare, Objective, Statistic, Subject};
use crate::diagnostic::Place;
use crate::spec::chain::within;
use crate::spec::value::shortened;
use crate::spec::{Field, Object, help, listed};
use crate::units::{SimTime, parse};
use std::ops::Range;

/// Quantities of a flow alone.
const OF_FLOWS: [&str; 7] = [
    "latency",
    "latency_all",
    "settled",
    "inside",
    "retried",
    "bytes_in",
    "bytes_out",
];
/// Quantities of a node alone.
const OF_NODES: [&str; 20] = [
    "sojourn",
    "waiting",
    "service",
    "line",
    "inside",
    "utilisation",
    "servers",
    "copies",
    "hit_rate",
    "hits",
    "misses",
    "joined",
    "stale",
    "iterator_age",
    "cold_starts",
    "waited",
    "orphaned",
    "dead_lettered",
    "duplicates",
    COST,
];
/// What a node and the whole cost.
const COST: &str = "cost";
/// The time from the end of the last fault until all is well.
const RECOVERY: &str = "recovery";
/// Quantities of a fan-out alone.
const OF_FAN_OUTS: [&str; 15] = [
    "first",
    "reach50",
    "reach99",
    "last",
    "delivery",
    "staleness",
    "deliveries",
    "posts",
    "pulled",
    "dropped",
    "duplicates",
    "reads",
    "visits",
    "throttled",
    "backlog",
];
/// Quantities of a link alone.
const OF_LINKS: [&str; 5] = ["latency", "lag", "hedged", "refused", "breaker_opened"];
/// Tallies of anything.
const OF_ALL: [&str; 9] = [
    "arrived",
    "completed",
    "goodput",
    "attempts",
    "throttled",
    "shed",
    "timed_out",
    "failed",
    "errors",
];
/// Quantities that are times.
const TIMES: [&str; 14] = [
    "latency",
    "latency_all",
    "lag",
    "settled",
    "sojourn",
    "waiting",
    "service",
    "iterator_age",
    "first",
    "reach50",
    "reach99",
    "last",
    "delivery",
    "staleness",
];
/// Quantities that are states in time.
const STATES: [&str; 6] = [
    "line",
    "inside",
    "servers",
    "copies",
    "utilisation",
    "backlog",
];
/// Quantities that are shares.
const SHARES: [&str; 2] = ["utilisation", "hit_rate"];

/// Reads all objectives.
pub(super) fn read(build: &Build, top: &mut Object) -> Vec<Objective> {
    let entries = top.list("objectives").unwrap_or_default();
    let most = crate::spec::parse::MOST_KEYS;
    if entries.len() > most {
        let message = format!("`objectives` has more than {most} entries");
        top.error_at("objectives", "file::too-many-entries", message);
        return Vec::new();
    }
    let read = entries.iter().filter_map(|entry| {
        let text = entry.text()?;
        let parser = Parser {
            build,
            field: entry,
            text,
            words: words(text),
            next: 0,
        };
        parser.objective()
    });
    read.collect()
}

/// Reads a condition: an objective that ends with its value. Of a given node it needs no subject.
pub(super) fn condition(build: &Build, field: &Field, of: Option<&str>) -> Option<Objective> {
    let text = field.text()?;
    let mut parser = Parser {
        build,
        field,
        text,
        words: words(text),
        next: 0,
    };
    // The first word is a measure of the node, or another subject.
    let first = parser.peek().unwrap_or_default();
    let own = statistic(first).is_some() || OF_NODES.iter().chain(&OF_ALL).any(|one| *one == first);
    let named = build.index.contains_key(first) || parser.text.contains("->");
    let subject = match of {
        Some(node) if own || !named => Subject::Node(node.to_owned()),
        Some(_) | None => parser.subject()?,
    };
    let (quantity, statistic) = parser.measure(&subject)?;
    let compare = parser.compare()?;
    let value = parser.value(&quantity)?;
    if let Some(word) = parser.take() {
        let message = format!("`{}` is not expected here", shortened(word));
        return parser.wrong(
            "objective::word",
            message,
            "a condition ends with its value: it has neither `for` nor a window",
        );
    }
    Some(Objective {
        expression: text.to_owned(),
        subject,
        quantity,
        statistic,
        compare,
        value,
        share: None,
        window: None,
        place: field.place().clone(),
    })
}

/// Splits a text into words; comparisons need no space around them.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    let mut open = false;
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let end = at + letter.len_utf8();
        let next = letters.peek().map(|(_, next)| *next);
        match letter {
            _ if letter.is_whitespace() => open = false,
            '-' if next == Some('>') => {
                letters.next();
                match words.last_mut() {
                    Some(word) if open => word.end = end + 1,
                    _ => words.push(at..end + 1),
                }
                open = true;
            }
            '<' | '>' | '=' => {
                let both = letter != '=' && next == Some('=');
                if both {
                    letters.next();
                }
                words.push(at..end + usize::from(both));
                open = false;
            }
            _ => {
                match words.last_mut() {
                    Some(word) if open => word.end = end,
                    _ => words.push(at..end),
                }
                open = true;
            }
        }
    }
    words
}

/// Reads one objective word by word.
struct Parser<'p, 'a> {
    /// Names of nodes, flows and links.
    build: &'p Build<'a>,
    /// The entry of the list.
    field: &'p Field<'p>,
    /// Its text.
    text: &'p str,
    /// Its words.
    words: Vec<Range<usize>>,
    /// The next word to read.
    next: usize,
}

impl<'p> Parser<'p, '_> {
    /// Returns the next word without taking it.
    fn peek(&self) -> Option<&'p str> {
        let range = self.words.get(self.next)?;
        self.text.get(range.clone())
    }

    /// Takes the next word.
    fn take(&mut self) -> Option<&'p str> {
        let word = self.peek()?;
        self.next += 1;
        Some(word)
    }

    /// Returns the place of the word last taken.
    fn last_place(&self) -> Place {
        self.place(self.next.saturating_sub(1))
    }

    /// Returns the place of a word; of the whole text behind the last one.
    fn place(&self, word: usize) -> Place {
        match self.words.get(word) {
            Some(range) => within(self.field.place(), self.text, range.clone()),
            None => self.field.place().clone(),
        }
    }

    /// Says what is wrong with the word last taken.
    fn wrong<T>(&self, code: &'static str, message: String, help: &str) -> Option<T> {
        let sink = self.build.sink;
        sink.error_with_help(code, &self.last_place(), message, help);
        None
    }

    /// Says that the objective ends too early.
    fn ends<T>(&self, wanted: &str) -> Option<T> {
        let message = format!("the objective ends before its {wanted}");
        let help = "write it as `main p99 < 100ms`";
        let sink = self.build.sink;
        let place = self.field.place();
        sink.error_with_help("objective::incomplete", place, message, help);
        None
    }

    /// Reads the objective.
    fn objective(mut self) -> Option<Objective> {
        let subject = self.subject()?;
        let (quantity, statistic) = self.measure(&subject)?;
        let compare = self.compare()?;
        let value = self.value(&quantity)?;
        let mut share = None;
        let mut window = (SimTime::ZERO, SimTime::NEVER);
        let mut windowed = false;
        while let Some(word) = self.take() {
            match word {
                "for" if share.is_none() => share = Some(self.share(&quantity, statistic)?),
                "from" => {
                    window.0 = self.time()?;
                    windowed = true;
                }
                "until" => {
                    window.1 = self.time()?;
                    windowed = true;
                }
                other => {
                    let message = format!("`{}` is not expected here", shortened(other));
                    let help = "after the value may come `for 99%`, `from 10s` and `until 60s`";
                    return self.wrong("objective::word", message, help);
                }
            }
        }
        if (quantity == COST || quantity == RECOVERY) && windowed {
            let message = match quantity.as_str() {
                COST => "a month's cost has no window".to_owned(),
                _ => "a recovery has no window".to_owned(),
            };
            return self.wrong("objective::window", message, "remove `from` and `until`");
        }
        if window.1 <= window.0 {
            let message = "the window of the objective is empty".to_owned();
            return self.wrong("objective::window", message, "`until` must be after `from`");
        }
        Some(Objective {
            expression: self.text.to_owned(),
            subject,
            quantity,
            statistic,
            compare,
            value,
            share,
            window: windowed.then_some(window),
            place: self.field.place().clone(),
        })
    }

    /// Reads a flow, a node or a link.
    fn subject(&mut self) -> Option<Subject> {
        let Some(word) = self.take() else {
            return self.ends("subject");
        };
        if word == COST {
            return Some(Subject::Cost);
        }
        if word == RECOVERY {
            if self.build.has_faults {
                return Some(Subject::Recovery);
            }
            let message = "`recovery` is measured from the end of the last fault".to_owned();
            let help = if self.build.faults_recur {
                "all `faults` come again and again (`every`): none of them is the last"
            } else {
                "there are no `faults`"
            };
            return self.wrong("objective::recovery", message, help);
        }
        // A link may be written with space around its arrow.
        let mut link = word.to_owned();
        while link.ends_with("->") || self.peek().is_some_and(|next| next.starts_with("->")) {
            match self.take() {
                Some(next) => link.push_str(next),
                None => break,
            }
        }
        if link.contains("->") {
            return self.link(&link);
        }
        // A fan-out may be called after its flow: then the measure tells which is meant.
        let measured = self.peek();
        let of_fan_out = measured.is_some_and(|measure| {
            let others = OF_ALL.iter().chain(&OF_NODES);
            OF_FAN_OUTS.contains(&measure) && !others.into_iter().any(|one| *one == measure)
        });
        if self.build.fan_outs.contains(word) {
            let flow = self.build.flow_names.iter().any(|flow| flow == word);
            if of_fan_out || !flow && !self.build.index.contains_key(word) {
                return Some(Subject::FanOut(word.to_owned()));
            }
        }
        if self.build.flow_names.iter().any(|flow| flow == word) {
            return Some(Subject::Flow(word.to_owned()));
        }
        if word != "client" && self.build.index.contains_key(word) {
            return Some(Subject::Node(word.to_owned()));
        }
        let flows = self.build.flow_names.iter().map(String::as_str);
        let nodes = self.build.index.keys().map(String::as_str);
        let names: Vec<&str> = flows
            .chain(nodes.filter(|name| *name != "client"))
            .collect();
        let message = format!("there is no flow or node `{}`", shortened(word));
        let help = help(word, names);
        self.wrong("objective::subject", message, &help)
    }

    /// Looks a link up.
    fn link(&self, link: &str) -> Option<Subject> {
        let ends = link.split_once("->").map(|(from, to)| {
            let node = |name: &str| self.build.index.get(name).copied();
            node(from).zip(node(to))
        });
        let graph = &self.build.graph;
        let found = ends
            .flatten()
            .and_then(|(from, to)| graph.find_edge(from, to));
        if found.is_some() {
            return Some(Subject::Link(link.to_owned()));
        }
        let names = super::links::names(self.build);
        let message = format!("there is no link `{}`", shortened(link));
        let help = help(link, names.iter().map(String::as_str));
        self.wrong("objective::subject", message, &help)
    }

    /// Reads a quantity and its statistic, or a statistic alone.
    fn measure(&mut self, subject: &Subject) -> Option<(String, Option<Statistic>)> {
        match subject {
            Subject::Cost => return Some((COST.to_owned(), None)),
            Subject::Recovery => return Some((RECOVERY.to_owned(), None)),
            Subject::Flow(_) | Subject::Node(_) | Subject::Link(_) | Subject::FanOut(_) => {}
        }
        let Some(word) = self.take() else {
            return self.ends("measure");
        };
        let (own, usual): (&[&str], &str) = match subject {
            Subject::Flow(_) => (&OF_FLOWS, "latency"),
            Subject::Node(_) => (&OF_NODES, "sojourn"),
            Subject::Link(_) | Subject::Cost | Subject::Recovery => (&OF_LINKS, "latency"),
            Subject::FanOut(_) => (&OF_FAN_OUTS, "delivery"),
        };
        if let Some(statistic) = statistic(word) {
            return Some((usual.to_owned(), Some(statistic)));
        }
        let fan_out = matches!(subject, Subject::FanOut(_));
        let any: &[&str] = if fan_out { &[] } else { &OF_ALL };
        let mut known = own.iter().chain(any);
        if !known.any(|quantity| *quantity == word) {
            let names = own.iter().chain(any).copied();
            let message = format!("`{}` is not a measure of it", shortened(word));
            let near = crate::spec::nearest(word, names.clone());
            let near = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
            let help = format!(
                "{near}measures are {}, and `mean`, `sd`, `max`, `p99` and the like",
                listed(names, "and")
            );
            return self.wrong("objective::measure", message, &help);
        }
        let following = self.peek().and_then(statistic);
        if following.is_some() {
            self.next += 1;
            if !TIMES.contains(&word) && !STATES.contains(&word) {
                let message = format!("`{word}` has no statistics");
                let help = "write its value alone, such as `errors < 1%`";
                return self.wrong("objective::measure", message, help);
            }
        }
        Some((word.to_owned(), following))
    }

    /// Reads the comparison.
    fn compare(&mut self) -> Option<Compare> {
        match self.take() {
            Some("<") => Some(Compare::Less),
            Some("<=") => Some(Compare::AtMost),
            Some(">") => Some(Compare::Greater),
            Some(">=") => Some(Compare::AtLeast),
            Some("=") => Some(Compare::Equal),
            Some(word) => {
                let message = format!("`{}` is not a comparison", shortened(word));
                self.wrong(
                    "objective::compare",
                    message,
                    "write `<`, `<=`, `>`, `>=` or `=`",
                )
            }
            None => self.ends("comparison"),
        }
    }

    /// Reads the value; the quantity says which kinds are understood.
    fn value(&mut self, quantity: &str) -> Option<Bound> {
        let Some(word) = self.take() else {
            return self.ends("value");
        };
        let (read, wanted) = if quantity == COST {
            (money(word), "money such as `$5000/month` or `$2/million`")
        } else if TIMES.contains(&quantity) || quantity == RECOVERY {
            let value = parse::duration(word).ok();
            let value = value.map(|nanoseconds| Bound::Milliseconds(nanoseconds / 1e6));
            (value, "a duration such as `100ms`")
        } else if SHARES.contains(&quantity) {
            let number = parse::number(word).ok();
            let value = number.or_else(|| percent(word));
            let value = value.filter(|share| (0.0..=1.0).contains(share));
            (value.map(Bound::Share), "a share such as `80%` or `0.8`")
        } else if STATES.contains(&quantity) {
            let value = parse::count(word).ok().map(Bound::Number);
            (value, "a number such as `10`")
        } else {
            let share = percent(word).filter(|share| (0.0..=1.0).contains(share));
            let value = parse::count(word).ok().map(Bound::Number);
            let value = value.or_else(|| share.map(Bound::Share));
            let value = value.or_else(|| parse::rate(word).ok().map(Bound::PerSecond));
            (
                value,
                "a count such as `0`, a share such as `0.1%` or a rate such as `5/s`",
            )
        };
        if read.is_none() {
            let message = format!(
                "`{quantity}` must be compared with {}, got `{}`",
                wanted.split(" such").next().unwrap_or(wanted),
                shortened(word)
            );
            return self.wrong("objective::value", message, &format!("write {wanted}"));
        }
        read
    }

    /// Reads the share that must comply.
    fn share(&mut self, quantity: &str, statistic: Option<Statistic>) -> Option<f64> {
        let allowed = TIMES.contains(&quantity) || STATES.contains(&quantity);
        if !allowed || statistic.is_some() {
            let message = "`for` asks for a share, but this is no single value".to_owned();
            let help = "write `latency < 100ms for 99%`, without a statistic";
            return self.wrong("objective::for", message, help);
        }
        let Some(word) = self.take() else {
            return self.ends("percentage");
        };
        match percent(word) {
            Some(share) if share > 0.0 && share <= 1.0 => Some(share),
            Some(_) | None => {
                let message = format!("`{}` is not a percentage", shortened(word));
                self.wrong("objective::for", message, "write `for 99%`")
            }
        }
    }

    /// Reads a time of the window.
    fn time(&mut self) -> Option<SimTime> {
        let Some(word) = self.take() else {
            return self.ends("time");
        };
        match parse::duration(word) {
            Ok(nanoseconds) => Some(SimTime(nanoseconds.round() as u64)),
            Err(_) => {
                let message = format!("`{}` is not a time", shortened(word));
                self.wrong("objective::window", message, "write it as `10s`")
            }
        }
    }
}

/// Reads money: `$5000/month`, `$2/million` (requests).
fn money(word: &str) -> Option<Bound> {
    let (amount, per) = word.strip_prefix('$')?.split_once('/')?;
    let usd = parse::count(amount).ok()?;
    match per {
        "month" => Some(Bound::UsdPerMonth(usd)),
        "million" => Some(Bound::UsdPerMillion(usd)),
        _ => None,
    }
}

/// Reads a percentage as a share: `99.9%` is 0.999.
fn percent(word: &str) -> Option<f64> {
    let text = word.strip_suffix('%')?;
    parse::number(text).ok()?;
    // Shifted as text where that can be: 99.9 / 100 is not the number nearest to 0.999.
    let shifted = format!("{text}e-2").parse().ok();
    shifted.or_else(|| Some(parse::number(text).ok()? / 100.0))
}

/// Reads a statistic: `mean`, `sd`, `max`, `p99`, `p99.9`.
fn statistic(word: &str) -> Option<Statistic> {
    match word {
        "mean" => return Some(Statistic::Mean),
        "sd" => return Some(Statistic::Sd),
        "max" => return Some(Statistic::Max),
        _ => {}
    }
    let digits = word.strip_prefix('p')?;
    let plain = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let begins = digits.starts_with(|first: char| first.is_ascii_digit());
    let percent: f64 = if plain && begins && !digits.ends_with('.') {
        digits.parse().ok()?
    } else {
        return None;
    };
    // Shifted as text: 99.9 / 100 is not the number nearest to 0.999.
    let share: f64 = format!("{digits}e-2").parse().ok()?;
    (percent > 0.0 && percent < 100.0).then_some(Statistic::Quantile(share))
}
