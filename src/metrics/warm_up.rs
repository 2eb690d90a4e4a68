//! Warm-up and saturation: where counting may begin, and whether there is a steady state.
//!
//! SOURCE: MSER-5: White, Cobb and Spratt 2000, over bins averaged over
//! replications (output-analysis, section 1).

use super::estimate::{Estimate, mean, student};
use super::recording::Recording;

/// Bins grouped before the rule is applied (the 5 of MSER-5).
const GROUP: usize = 5;
/// Growth per run length, relative to the mean, from which it counts as unstable.
///
/// CHOICE: a line that grows steadily from the start has 4/3; a steady one at 90 %
/// load wanders by a tenth or two and, with many nodes looked at, its slope is
/// above zero by chance now and then.
const GROWTH: f64 = 0.5;

/// What the series of a run say.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Index of the first slice that counts.
    pub cut: usize,
    /// Whether a steady state was found; if not, the run is too short.
    pub found: bool,
}

/// Finds the warm-up: the largest cut over all series, at a slice boundary.
pub fn warm_up(recordings: &[Recording]) -> Decision {
    let Some(first) = recordings.first() else {
        return Decision {
            cut: 0,
            found: true,
        };
    };
    if first.slices.len() <= 1 {
        return Decision {
            cut: 0,
            found: true,
        };
    }
    let bins = first.horizon.0.div_ceil(first.bin_ns.max(1)) as usize;
    let mut latest_bin = 0;
    let mut found = true;
    for series in all_series(recordings) {
        let series = &series[..series.len().min(bins)];
        let (cut, at_end) = mser(series);
        latest_bin = latest_bin.max(cut);
        found &= !at_end;
    }
    let at = latest_bin as u64 * first.bin_ns;
    let cut = first.slices.iter().position(|begin| begin.0 >= at);
    match cut {
        Some(cut) => Decision { cut, found },
        None => Decision {
            cut: first.slices.len() - 1,
            found: false,
        },
    }
}

/// Returns the series that must be steady: per flow the requests inside and the mean
/// latency, and the visits at the busiest node.
fn all_series(recordings: &[Recording]) -> Vec<Vec<f64>> {
    let Some(first) = recordings.first() else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for flow in 0..first.flows.len() {
        all.push(averaged(recordings, |recording| {
            &recording.flows[flow].inside
        }));
        let sums = averaged(recordings, |recording| &recording.flows[flow].latency_sum);
        let counts = averaged(recordings, |recording| &recording.flows[flow].completed);
        // Bins in which little completes would be noise: only dense series are judged.
        if counts
            .iter()
            .all(|&count| count * recordings.len() as f64 >= 1.0)
        {
            all.push(
                sums.iter()
                    .zip(&counts)
                    .map(|(sum, count)| sum / count)
                    .collect(),
            );
        }
    }
    let busiest = (0..first.nodes.len()).max_by_key(|&node| {
        first.nodes[node]
            .busy
            .iter()
            .map(|&area| u128::from(area))
            .sum::<u128>()
    });
    if let Some(node) = busiest {
        all.push(averaged(recordings, |recording| {
            &recording.nodes[node].inside
        }));
    }
    all
}

fn averaged(recordings: &[Recording], series: impl Fn(&Recording) -> &Vec<u64>) -> Vec<f64> {
    let length = recordings
        .iter()
        .map(|recording| series(recording).len())
        .min()
        .unwrap_or(0);
    (0..length)
        .map(|bin| {
            let sum: f64 = recordings
                .iter()
                .map(|recording| series(recording)[bin] as f64)
                .sum();
            sum / recordings.len() as f64
        })
        .collect()
}

/// Returns the bin of the best cut, and whether it is the last one allowed.
fn mser(series: &[f64]) -> (usize, bool) {
    let groups: Vec<f64> = series
        .chunks_exact(GROUP)
        .map(|group| group.iter().sum::<f64>() / GROUP as f64)
        .collect();
    let count = groups.len();
    if count < 4 || groups.iter().all(|&value| value <= 0.0) {
        return (0, false);
    }
    let last = count / 2;
    // One backward pass with running sums: Σ(b − mean)² / (k − d)².
    let (mut sum, mut squares) = (0.0, 0.0);
    let mut best = (f64::INFINITY, 0);
    for d in (0..count).rev() {
        sum += groups[d];
        squares += groups[d] * groups[d];
        if d > last {
            continue;
        }
        let rest = (count - d) as f64;
        let score = (squares - sum * sum / rest).max(0.0) / (rest * rest);
        if score <= best.0 {
            best = (score, d);
        }
    }
    (best.1 * GROUP, best.1 == last)
}

/// Whether a series of what is inside grows without end: the slopes of the second
/// half are above zero, and the growth is more than noise. Also returns the growth.
///
/// `series`: per replication, the area per bin [thing × ns].
pub fn grows(series: &[&[u64]], bin_ns: u64) -> (bool, Estimate) {
    let slopes: Vec<f64> = series
        .iter()
        .map(|bins| {
            let half = &bins[bins.len() / 2..];
            slope(half) / bin_ns as f64 / (bin_ns as f64 / 1e9)
        })
        .collect();
    let growth = mean(&slopes);
    let (Some(per_s), Some(half_width)) = (growth.value, growth.half_width) else {
        return (false, growth);
    };
    let level = series
        .iter()
        .map(|bins| {
            let half = &bins[bins.len() / 2..];
            half.iter().map(|&area| area as f64).sum::<f64>() / half.len().max(1) as f64
        })
        .sum::<f64>()
        / series.len().max(1) as f64
        / bin_ns as f64;
    let length_s = series.first().map_or(0, |bins| bins.len()) as f64 * bin_ns as f64 / 1e9;
    // CHOICE: the 99.9 % interval has to lie above zero. With that of 95 %, one in a
    // hundred runs of a stable M/M/1 at 80 % load was called unstable.
    let degrees = series.len().saturating_sub(1) as f64;
    let sure = half_width * student(degrees, 0.999) / student(degrees, 0.95);
    let unstable = per_s > sure && per_s * length_s > GROWTH * level.max(1.0);
    (unstable, growth)
}

/// Least-squares slope per bin.
fn slope(bins: &[u64]) -> f64 {
    let n = bins.len() as f64;
    if bins.len() < 2 {
        return 0.0;
    }
    let middle = (n - 1.0) / 2.0;
    let level = bins.iter().map(|&area| area as f64).sum::<f64>() / n;
    let (mut above, mut below) = (0.0, 0.0);
    for (index, &area) in bins.iter().enumerate() {
        let x = index as f64 - middle;
        above += x * (area as f64 - level);
        below += x * x;
    }
    above / below
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_cut_where_it_ends() {
        let series: Vec<f64> = (0..1000)
            .map(|bin| {
                if bin < 100 {
                    0.0
                } else {
                    10.0 + f64::from(bin % 5)
                }
            })
            .collect();

        assert_eq!(mser(&series), (100, false));
    }

    #[test]
    fn a_ramp_without_end_finds_no_steady_state() {
        let series: Vec<f64> = (0..1000).map(f64::from).collect();

        let (cut, at_end) = mser(&series);

        assert!(at_end, "cut at {cut}");
    }

    #[test]
    fn growth_is_told_from_noise() {
        let bin_ns = 60_000_000;
        let flat: Vec<Vec<u64>> = (0..10u64)
            .map(|r| {
                (0..1000)
                    .map(|b| 240_000_000 + (b * 7919 + r * 31) % 1000)
                    .collect()
            })
            .collect();
        let rising: Vec<Vec<u64>> = (0..10u64)
            .map(|r| (0..1000).map(|b| b * 60_000_000 + r * 1000).collect())
            .collect();
        let views = |all: &[Vec<u64>]| -> Vec<Vec<u64>> { all.to_vec() };

        let flat = views(&flat);
        let rising = views(&rising);
        let (flat_grows, _) = grows(&flat.iter().map(Vec::as_slice).collect::<Vec<_>>(), bin_ns);
        let (rises, growth) = grows(
            &rising.iter().map(Vec::as_slice).collect::<Vec<_>>(),
            bin_ns,
        );

        assert!(!flat_grows);
        assert!(rises);
        // One more inside per bin of 60 ms is 16.7 a second.
        assert!((growth.value.unwrap() - 16.67).abs() < 0.1);
    }
}
