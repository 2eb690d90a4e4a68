//! Verdicts for certain: a design is simulated as `run` does, then looked at again with more
//! replications until it is decided.
//!
//! Looks are at numbers of replications that are fixed beforehand, and the interval of each
//! has the confidence 1 − 0.05/(number of looks), so that a design is decided wrongly in one of
//! twenty cases at most however often it was looked at (Bonferroni), as far as intervals hold.

use crate::analysis::simulation::{MOST_REPLICATIONS, Refused, Settings, Simulation, Watcher};
use crate::metrics::estimate::student;
use crate::report::{Objective, Report, Verdict, unanswered};
use crate::topology::{self, Bound, Compare, Topology};

/// Times the replications that were asked for after which a design stays undecided.
///
/// CHOICE: intervals three times narrower than the first look's; what is not decided then
/// is nearer to its bound than most want to know.
const MOST_TIMES: u32 = 10;

/// The numbers of replications at which a design is looked at.
pub(super) struct Looks(Vec<u32>);

impl Looks {
    /// Fixes them: half as many again each time, ten times as many at last.
    pub(super) fn of(first: u32) -> Looks {
        let most = first.saturating_mul(MOST_TIMES).min(MOST_REPLICATIONS);
        let mut looks = vec![first];
        let mut last = first;
        while last < most {
            last = last.saturating_mul(3).div_ceil(2).min(most);
            looks.push(last);
        }
        Looks(looks)
    }

    /// Returns the confidence of the interval of each look.
    pub(super) fn confidence(&self) -> f64 {
        1.0 - 0.05 / self.0.len() as f64
    }

    /// Returns the next number, if there is one.
    pub(super) fn after(&self, done: u32) -> Option<u32> {
        self.0.iter().copied().find(|look| *look > done)
    }
}

/// How an objective fared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Judged {
    /// For certain.
    pub(super) verdict: Verdict,
    /// By how much it is missed, and the half-width of that; negative where it is met; infinite
    /// where something grows without end; none without a value.
    pub(super) excess: Option<(f64, f64)>,
    /// Whether further replications may decide it.
    pub(super) open: bool,
    /// Whether it has no value because most of what arrived was never answered.
    pub(super) unanswered: bool,
}

/// Simulates a topology, and once more with further replications as long as there are further
/// looks and `more` are wanted by what was found; `None` if the user ended it.
///
/// # Errors
///
/// As `simulation::simulate`.
pub(super) fn look(
    topology: &Topology,
    looks: &Looks,
    more: &dyn Fn(&Report, &[Judged]) -> bool,
    settings: &Settings,
    watcher: &dyn Watcher,
) -> Result<Option<(Report, Vec<Judged>)>, Refused> {
    let mut run = Simulation::begin(topology, settings, watcher)?;
    loop {
        if run.interrupted {
            return Ok(None);
        }
        let report = run.report();
        let mut judged = judged(topology, &report, looks.confidence());
        for (judged, lost) in judged.iter_mut().zip(unanswered(&run.input())) {
            judged.unanswered = lost && judged.excess.is_none();
        }
        match looks.after(report.replications) {
            Some(next) if more(&report, &judged) => run.further(next, settings, watcher)?,
            Some(_) | None => return Ok(Some((report, judged))),
        }
    }
}

/// Judges all objectives of a report for certain.
fn judged(topology: &Topology, report: &Report, confidence: f64) -> Vec<Judged> {
    let degrees = f64::from(report.replications) - 1.0;
    let wider = student(degrees, confidence) / student(degrees, 0.95);
    let all = topology.objectives.iter().zip(&report.objectives);
    all.map(|(asked, found)| judge(asked, found, wider))
        .collect()
}

/// Judges an objective by an interval so many times as wide as the report's.
fn judge(asked: &topology::Objective, found: &Objective, wider: f64) -> Judged {
    let half_width = found.measured.half_width.unwrap_or(0.0) * wider;
    let Some(value) = found.measured.value else {
        // What grows without end is beyond every bound.
        return Judged {
            verdict: found.verdict,
            excess: (found.verdict == Verdict::Missed).then_some((f64::INFINITY, 0.0)),
            open: false,
            unanswered: false,
        };
    };
    let excess = match (asked.share, asked.compare) {
        (Some(_), _) | (None, Compare::Greater | Compare::AtLeast) => found.target - value,
        (None, Compare::Less | Compare::AtMost) => value - found.target,
        (None, Compare::Equal) => (value - found.target).abs(),
    };
    let certain = half_width <= 0.0 || excess.abs() > half_width;
    let verdict = match certain {
        true => found.verdict,
        false => Verdict::Undecided,
    };
    // What was counted is what it is, but would be another number with other draws.
    let spread = if half_width <= 0.0 && matches!(asked.value, Bound::Number(_)) {
        2.0 * wider * value.max(0.0).sqrt()
    } else {
        half_width
    };
    Judged {
        verdict,
        excess: Some((excess, spread)),
        // More replications narrow an interval around the bound, and nothing else.
        open: verdict == Verdict::Undecided && !certain,
        unanswered: false,
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;
    use crate::report::Estimate;
    use crate::topology::{LoadRequest, load};

    #[test]
    fn looks_are_fixed_beforehand_and_share_the_doubt() {
        assert_eq!(Looks::of(10).0, [10, 15, 23, 35, 53, 80, 100]);
        assert_eq!(Looks::of(400).0, [400, 600, 900, 1000]);
        assert_eq!(Looks::of(2000).0, [2000]);
        assert!((Looks::of(10).confidence() - (1.0 - 0.05 / 7.0)).abs() < 1e-12);
        assert_eq!(Looks::of(10).after(15), Some(23));
        assert_eq!(Looks::of(10).after(100), None);
    }

    /// Judges a value ± 5 by an interval 1.5 times as wide.
    fn of(expression: &str, target: f64, value: Option<f64>, verdict: Verdict) -> Judged {
        let text = format!(
            r#"{{ "nodes": {{ "q": {{ "kind": "station" }} }}, "load": [ {{ "rate": "1/s" }} ],
                "objectives": [ "{expression}" ] }}"#
        );
        let (topology, _) = load(&LoadRequest::new(&text, "case.json")).expect("a sound file");
        let found = Objective {
            expression: expression.to_owned(),
            subject: "main".to_owned(),
            target,
            window: None,
            measured: Estimate {
                value,
                half_width: value.map(|_| 5.0),
                why: None,
            },
            verdict,
        };
        judge(&topology.objectives[0], &found, 1.5)
    }

    #[test]
    fn an_interval_that_reaches_the_bound_when_widened_decides_nothing() {
        let near = of("main p99 < 100ms", 100.0, Some(94.0), Verdict::Met);
        let far = of("main p99 < 100ms", 100.0, Some(92.0), Verdict::Met);
        let beyond = of("main completed > 100/s", 100.0, Some(92.0), Verdict::Missed);

        assert_eq!((near.verdict, near.open), (Verdict::Undecided, true));
        assert_eq!((far.verdict, far.open), (Verdict::Met, false));
        assert_eq!(far.excess, Some((-8.0, 7.5)));
        assert_eq!(beyond.verdict, Verdict::Missed);
        assert_eq!(beyond.excess, Some((8.0, 7.5)));
    }

    #[test]
    fn what_has_no_value_is_not_made_better_by_more_replications() {
        let grows = of("main p99 < 100ms", 100.0, None, Verdict::Missed);
        let unknown = of("main p99 < 100ms", 100.0, None, Verdict::Undecided);

        assert_eq!(grows.excess, Some((f64::INFINITY, 0.0)));
        assert_eq!((unknown.verdict, unknown.open), (Verdict::Undecided, false));
        assert_eq!(unknown.excess, None);
    }
}
