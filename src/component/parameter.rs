//! Parameters, declared once.
//!
//! `parameters!` makes of one declaration the struct, its defaults, the function
//! that reads it from a file with every range checked, and the table from which
//! catalogue, schema and messages are made. How a value is read stands behind the
//! default: `count(1..=500)`, `duration_law()`, `share()`.

use crate::model::{Discipline, Eviction, Outcome, PartitionBy, Policy, Renew};
use crate::random::law::Law;
use crate::spec::field::Field;
use crate::spec::reader::Object;
use crate::units::{Span, show};
use std::ops::RangeInclusive;

/// Where a default comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Stated by the vendor.
    Documented,
    /// Measured and published.
    Measured,
    /// Inferred.
    Estimate,
    /// Chosen by us.
    Choice,
}

impl Basis {
    /// Returns the word that the catalogue shows.
    pub fn word(self) -> &'static str {
        match self {
            Basis::Documented => "documented",
            Basis::Measured => "measured",
            Basis::Estimate => "estimate",
            Basis::Choice => "choice",
        }
    }
}

/// One parameter of a kind, for the catalogue, the schema and messages.
#[derive(Clone, Debug)]
pub struct ParameterInfo {
    /// Key as users write it.
    pub name: &'static str,
    /// Type of value in words: `duration dist.`, `count`, `share`, `text`, `object`.
    pub value: &'static str,
    /// Default as users would write it; `none` if absent means something of its own.
    pub default: String,
    /// What is accepted.
    pub range: String,
    /// Where the default comes from.
    pub basis: Basis,
    /// Document or reason behind the default.
    pub source: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// Keys of an object.
    pub keys: &'static [ParameterInfo],
    /// Accepted words, of a closed set.
    pub words: Vec<&'static str>,
}

/// A struct that `parameters!` declared.
pub trait Parameters: Default {
    /// Returns the table of its parameters.
    fn table() -> &'static [ParameterInfo];
    /// Reads it; mistakes are noted in the object.
    fn read(object: &mut Object<'_>) -> Self;
}

/// The function of a `How` that reads.
type Read<T> = Box<dyn Fn(&Field<'_>) -> Option<T>>;
/// The function of a `How` that shows.
type Show<T> = Box<dyn Fn(&T) -> String>;

/// How a value is read, and how it is shown.
pub struct How<T> {
    /// Type of value in words.
    pub value: &'static str,
    /// What is accepted.
    pub range: String,
    /// Reads it, or notes what is wrong.
    pub read: Read<T>,
    /// Shows it as users would write it.
    pub show: Show<T>,
    /// Keys of an object.
    pub keys: &'static [ParameterInfo],
    /// Accepted words.
    pub words: Vec<&'static str>,
}

impl<T> How<T> {
    /// Describes a way of reading without keys or words.
    fn new(
        value: &'static str,
        range: impl Into<String>,
        read: impl Fn(&Field<'_>) -> Option<T> + 'static,
        show: impl Fn(&T) -> String + 'static,
    ) -> How<T> {
        How {
            value,
            range: range.into(),
            read: Box::new(read),
            show: Box::new(show),
            keys: &[],
            words: Vec::new(),
        }
    }
}

/// A field's value, which may be optional.
pub trait Shown<T> {
    /// Shows it as users would write it.
    fn shown(&self, how: &How<T>) -> String;
}

impl<T> Shown<T> for T {
    fn shown(&self, how: &How<T>) -> String {
        (how.show)(self)
    }
}

impl<T> Shown<T> for Option<T> {
    fn shown(&self, how: &How<T>) -> String {
        self.as_ref()
            .map_or("none".to_owned(), |value| (how.show)(value))
    }
}

/// Reads a duration.
pub fn duration() -> How<Span> {
    How::new("duration", "", |field| field.duration(), show_span)
}

/// Reads a duration, or `"unlimited"`.
pub fn duration_or_unlimited() -> How<Span> {
    let read = |field: &Field<'_>| match field.value.as_text() {
        Some("unlimited") => Some(Span::MAX),
        Some(_) | None => field.duration(),
    };
    How::new("duration, \"unlimited\"", "", read, show_span)
}

/// Reads a duration within a range.
pub fn duration_in(range: RangeInclusive<Span>) -> How<Span> {
    let text = format!("{} to {}", show_span(range.start()), show_span(range.end()));
    How::new(
        "duration",
        text,
        move |field| field.duration_in(range.clone()),
        show_span,
    )
}

/// Reads a distribution of durations [ns].
pub fn duration_law() -> How<Law> {
    How::new(
        "duration dist.",
        "",
        |field| field.duration_law(),
        show_time_law,
    )
}

/// Reads a size [bytes].
pub fn size() -> How<u64> {
    How::new(
        "size",
        "",
        |field| field.size(),
        |bytes| {
            if *bytes == u64::MAX {
                "unlimited".to_owned()
            } else {
                show::size(*bytes as f64)
            }
        },
    )
}

/// Reads a distribution of sizes [bytes].
pub fn size_law() -> How<Law> {
    How::new("size dist.", "", |field| field.size_law(), show_size_law)
}

/// Reads a whole number within a range.
pub fn count(range: RangeInclusive<u32>) -> How<u32> {
    let wide = u64::from(*range.start())..=u64::from(*range.end());
    let text = format!("{} to {}", range.start(), show_count(range.end()));
    How::new(
        "count",
        text,
        move |field| u32::try_from(field.count_in(wide.clone())?).ok(),
        show_count,
    )
}

/// Reads a whole number from `least` on, or `"unlimited"` as `u32::MAX`.
pub fn count_or_unlimited(least: u32) -> How<u32> {
    How::new(
        "count, \"unlimited\"",
        format!("at least {least}"),
        move |field| {
            let count = field.count_or_unlimited()?;
            match u32::try_from(count) {
                _ if count == u64::MAX => Some(u32::MAX),
                Ok(count) if count >= least && count < u32::MAX => Some(count),
                Ok(_) | Err(_) => field.out_of_range(&least.to_string(), "4294967294"),
            }
        },
        show_count,
    )
}

/// Reads a whole number from `least` on that may be huge.
pub fn large_count(least: u64) -> How<u64> {
    How::new(
        "count, \"unlimited\"",
        format!("at least {least}"),
        move |field| {
            let count = field.count_or_unlimited()?;
            if count >= least {
                return Some(count);
            }
            field.out_of_range(&least.to_string(), "unlimited")
        },
        |count| {
            if *count == u64::MAX {
                "unlimited".to_owned()
            } else {
                show::count(*count as f64)
            }
        },
    )
}

/// Reads a share, 0 to 1.
pub fn share() -> How<f64> {
    How::new(
        "share",
        "0 to 1",
        |field| field.share(),
        |share| show::number(*share),
    )
}

/// Reads a factor within a range.
pub fn factor(range: RangeInclusive<f64>) -> How<f64> {
    let text = format!(
        "{} to {}",
        show::number(*range.start()),
        show::number(*range.end())
    );
    How::new(
        "factor",
        text,
        move |field| field.factor_in(range.clone()),
        |factor| show::number(*factor),
    )
}

/// Reads a rate above 0 [1/s].
pub fn rate() -> How<f64> {
    How::new(
        "rate",
        "more than 0",
        |field| match field.rate()? {
            rate if rate > 0.0 => Some(rate),
            _ => {
                field.error(
                    "value::out-of-range",
                    format!("{} must be more than 0", field.name),
                );
                None
            }
        },
        |rate| show::rate(*rate),
    )
}

/// Reads a bandwidth [bytes/s].
pub fn bandwidth() -> How<f64> {
    How::new(
        "bandwidth",
        "more than 0",
        |field| field.bandwidth(),
        |rate| format!("{}/s", show::size(*rate)),
    )
}

/// Reads `true` or `false`.
pub fn flag() -> How<bool> {
    How::new(
        "bool",
        "true, false",
        |field| field.bool(),
        |flag| flag.to_string(),
    )
}

/// Reads a text, such as a name.
pub fn text() -> How<String> {
    How::new(
        "text",
        "",
        |field| Some(field.text()?.to_owned()),
        Clone::clone,
    )
}

/// Reads one word of a closed set, each with its meaning.
pub fn choice<T: Copy + PartialEq + 'static>(table: &'static [(&'static str, T)]) -> How<T> {
    let words: Vec<&'static str> = table.iter().map(|(word, _)| *word).collect();
    let accepted = words.clone();
    let read = move |field: &Field<'_>| {
        let word = field.choice(&accepted)?;
        let found = table.iter().find(|(known, _)| *known == word);
        found.map(|(_, meaning)| *meaning)
    };
    How {
        words: words.clone(),
        ..How::new("text", words.join(", "), read, |value| word(table, value))
    }
}

/// Returns the word of a meaning in a table of choices.
pub fn word<T: PartialEq>(table: &'static [(&'static str, T)], meaning: &T) -> String {
    let found = table.iter().find(|(_, known)| known == meaning);
    found.map_or(String::new(), |(word, _)| (*word).to_owned())
}

/// Reads an object with keys of its own.
pub fn object<T: Parameters + 'static>() -> How<T> {
    How {
        keys: T::table(),
        ..How::new(
            "object",
            "",
            |field| Some(T::read(&mut field.object()?)),
            |_| "object".to_owned(),
        )
    }
}

/// Reads a value in a way of its own.
pub fn custom<T>(
    value: &'static str,
    range: &'static str,
    read: impl Fn(&Field<'_>) -> Option<T> + 'static,
    show: impl Fn(&T) -> String + 'static,
) -> How<T> {
    How::new(value, range, read, show)
}

/// Shows a duration; the longest is `unlimited`.
fn show_span(span: &Span) -> String {
    if *span == Span::MAX {
        "unlimited".to_owned()
    } else {
        show::duration(span.0 as f64)
    }
}

/// Shows a count; the greatest is `unlimited`.
fn show_count(count: &u32) -> String {
    if *count == u32::MAX {
        "unlimited".to_owned()
    } else {
        count.to_string()
    }
}

/// Shows a law of times.
fn show_time_law(law: &Law) -> String {
    show_law(law, show::duration)
}

/// Shows a law of sizes.
fn show_size_law(law: &Law) -> String {
    show_law(law, show::size)
}

/// Shows a law in short: its name and what determines it.
fn show_law(law: &Law, show: fn(f64) -> String) -> String {
    match law {
        Law::Constant(value) => show(*value),
        Law::Exponential { mean } => format!("exponential {}", show(*mean)),
        Law::Lognormal { mu, sigma } => format!(
            "lognormal p50 {} p99 {}",
            show(libm::exp(*mu)),
            show(libm::exp(mu + NORMAL_P99 * sigma))
        ),
        Law::Gamma { mean, cv } => format!("gamma mean {} cv {cv}", show(*mean)),
        Law::Weibull { mean, cv } => format!("weibull mean {} cv {cv}", show(*mean)),
        Law::Hyperexponential { mean, cv } => {
            format!("hyperexponential mean {} cv {cv}", show(*mean))
        }
        Law::Erlang { mean, phases } => format!("erlang mean {} phases {phases}", show(*mean)),
        Law::Normal { mean, sd } => format!("normal mean {} sd {}", show(*mean), show(*sd)),
        Law::Uniform { low, high } => format!("uniform {} to {}", show(*low), show(*high)),
        Law::Triangular { low, mode, high } => {
            format!("triangular {} {} {}", show(*low), show(*mode), show(*high))
        }
        Law::Pareto { exponent, min, max } => {
            format!("pareto {exponent} from {} to {}", show(*min), show(*max))
        }
        Law::Geometric { mean } => format!("geometric mean {mean}"),
        Law::Poisson { mean } => format!("poisson {mean}"),
        Law::Mixture(parts) => {
            let parts: Vec<String> = parts
                .iter()
                .map(|(weight, law)| format!("{weight} × {}", show_law(law, show)))
                .collect();
            format!("mixture of {}", parts.join(", "))
        }
        Law::Sum(parts) => {
            let parts: Vec<String> = parts.iter().map(|law| show_law(law, show)).collect();
            parts.join(" + ")
        }
        Law::Quantiles(points) => format!("quantiles at {} points", points.len()),
        Law::Sequence(values) => format!("sequence of {}", values.len()),
    }
}

/// The 99 % quantile of the standard normal law.
const NORMAL_P99: f64 = 2.326_347_874_040_841;

/// Returns the lognormal law with this median and 99 % quantile [ms].
pub fn milliseconds_p50_p99(p50: f64, p99: f64) -> Law {
    Law::Lognormal {
        mu: libm::log(p50 * 1e6),
        sigma: libm::log(p99 / p50) / NORMAL_P99,
    }
}

/// Returns the constant law of some milliseconds.
pub fn milliseconds(value: f64) -> Law {
    Law::Constant(value * 1e6)
}

/// Words for disciplines.
pub const DISCIPLINES: &[(&str, Discipline)] = &[
    ("fifo", Discipline::Fifo),
    ("lifo", Discipline::Lifo),
    ("lifo-preemptive", Discipline::LifoPreemptive),
    ("priority", Discipline::Priority),
    ("priority-preemptive", Discipline::PriorityPreemptive),
    ("processor-sharing", Discipline::ProcessorSharing),
    ("codel", Discipline::CoDel),
];

/// Words for what a full line does; `block` is refused by itself.
pub const WHEN_FULL: &[(&str, Outcome)] =
    &[("shed", Outcome::Shed), ("throttle", Outcome::Throttled)];

/// Words for partitioning rules.
pub const PARTITION_BY: &[(&str, PartitionBy)] = &[
    ("hash", PartitionBy::Hash),
    ("modulo", PartitionBy::Modulo),
    ("random", PartitionBy::Random),
    ("key", PartitionBy::Key),
];

/// Words for cache policies.
pub const EVICTIONS: &[(&str, Eviction)] = &[
    ("lru", Eviction::Lru),
    ("lfu", Eviction::Lfu),
    ("tiny-lfu", Eviction::TinyLfu),
    ("fifo", Eviction::Fifo),
    ("random", Eviction::Random),
    ("refuse", Eviction::Refuse),
];

/// Words for what restarts a time to live.
pub const RENEWALS: &[(&str, Renew)] = &[
    ("write", Renew::Write),
    ("hit", Renew::Hit),
    ("never", Renew::Never),
];

/// Words for balancers' policies.
pub const POLICIES: &[(&str, Policy)] = &[
    ("round-robin", Policy::RoundRobin),
    ("least-outstanding", Policy::LeastOutstanding),
    ("random", Policy::Random),
    ("choices", Policy::Choices),
    ("weighted", Policy::Weighted),
    ("by-key", Policy::ByKey),
];

/// Declares a struct of parameters, with defaults, reading and the table of the catalogue.
///
/// ```text
/// parameters! {
///     /// What it is.
///     pub struct Station {
///         /// Servers of one copy.
///         servers: u32 = 1, count(1..=1_000_000), Choice, "one is the plainest";
///         /// Key that is a Rust keyword.
///         kind as "type": Type = Type::Rest, choice(TYPES, show_type), Choice, "…";
///     }
///     check Station::check
/// }
/// ```
///
/// A field may be an `Option` of what is read. `check`, if given, is a
/// `fn(&mut Self, &mut Object)` for rules between fields.
macro_rules! parameters {
    (
        $(#[$about:meta])*
        pub struct $name:ident {
            $(
                $(#[doc = $doc:literal])+
                $field:ident $(as $key:literal)? : $type:ty = $default:expr, $how:expr, $basis:ident, $source:expr;
            )*
        }
        $(check $check:expr)?
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug)]
        pub struct $name {
            $( $(#[doc = $doc])+ pub $field: $type, )*
        }

        impl Default for $name {
            fn default() -> $name {
                $name { $( $field: $default, )* }
            }
        }

        impl $crate::component::parameter::Parameters for $name {
            fn table() -> &'static [$crate::component::parameter::ParameterInfo] {
                static TABLE: std::sync::OnceLock<
                    Vec<$crate::component::parameter::ParameterInfo>,
                > = std::sync::OnceLock::new();
                TABLE.get_or_init(|| {
                    #[allow(unused_variables, reason = "a struct may have no parameters")]
                    let defaults = $name::default();
                    vec![ $( {
                        let how = $how;
                        $crate::component::parameter::ParameterInfo {
                            name: $crate::component::parameter::key!($field $($key)?),
                            value: how.value,
                            default: $crate::component::parameter::Shown::shown(&defaults.$field, &how),
                            range: how.range,
                            basis: $crate::component::parameter::Basis::$basis,
                            source: $source,
                            doc: concat!($($doc),+).trim_ascii(),
                            keys: how.keys,
                            words: how.words,
                        }
                    }, )* ]
                })
            }

            #[allow(unused_variables, reason = "a struct may have no parameters")]
            fn read(object: &mut $crate::spec::reader::Object<'_>) -> $name {
                #[allow(unused_mut, reason = "a struct may have no parameters")]
                let mut read = $name::default();
                $(
                    let key = $crate::component::parameter::key!($field $($key)?);
                    if let Some(field) = object.field(key)
                        && let Some(value) = ($how.read)(&field)
                    {
                        read.$field = value.into();
                    }
                )*
                $( ($check)(&mut read, object); )?
                read
            }
        }
    };
}

/// The key of a field as users write it.
macro_rules! key {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $key:literal) => {
        $key
    };
}

pub(crate) use key;
pub(crate) use parameters;
