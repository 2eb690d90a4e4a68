use super::*;
use crate::random::address::share;
use crate::random::law::Law;
use crate::random::{Unit, draw, request_key};

const SECOND: u64 = 1_000_000_000;

fn seconds(s: u64) -> SimTime {
    SimTime(s * SECOND)
}

fn whole(law: &Law) -> Sampler {
    Sampler::compile(law, Unit::Whole)
}

fn constant(value: f64) -> Sampler {
    whole(&Law::Constant(value))
}

fn source(kind: SourceKind, shape: Shape, until: u64) -> Source {
    let (start, end) = (SimTime::ZERO, seconds(until));
    Source::new(
        "load",
        3,
        u32::MAX,
        kind,
        constant(1.0),
        shape,
        start,
        end,
        end,
    )
}

fn next(state: &mut SourceState, source: &Source) -> Option<Arrival> {
    (state.advance(source) != SimTime::NEVER).then(|| state.arrival())
}

fn arrivals(source: &Source, seed: u64) -> Vec<Arrival> {
    let mut state = SourceState::new(source, seed, 0, None);
    // A source without a stop never ends.
    std::iter::from_fn(|| next(&mut state, source))
        .take(10_000_000)
        .collect()
}

fn times(source: &Source) -> Vec<u64> {
    arrivals(source, 1)
        .iter()
        .map(|arrival| arrival.at.0)
        .collect()
}

fn within(times: &[u64], from: u64, to: u64) -> f64 {
    times
        .iter()
        .filter(|&&at| (from * SECOND..to * SECOND).contains(&at))
        .count() as f64
}

const fn poisson(rate_per_s: f64) -> SourceKind {
    SourceKind::Poisson { rate_per_s }
}

#[test]
fn poisson_gaps_have_mean_and_variation_of_an_exponential() {
    let times = times(&source(poisson(1000.0), Shape::Flat, 1000));

    let n = times.len() as f64;
    assert!((n - 1e6).abs() < 4000.0, "{n} arrivals, deviation 1000");
    let gaps: Vec<f64> = times
        .windows(2)
        .map(|pair| (pair[1] - pair[0]) as f64)
        .collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
    // The deviation of the squared variation is √(8/n) = 0.003.
    assert!((variance / (mean * mean) - 1.0).abs() < 0.012);
    let mut counts = vec![0.0; 1000];
    times
        .iter()
        .for_each(|at| counts[(at / SECOND) as usize] += 1.0);
    let dispersion = counts
        .iter()
        .map(|c: &f64| (c - 1000.0).powi(2))
        .sum::<f64>()
        / 1e6;
    // Deviation √(2/1000) = 0.045.
    assert!(
        (dispersion - 1.0).abs() < 0.18,
        "variance of counts over mean: {dispersion}"
    );
}

#[test]
fn even_arrivals_are_exact_and_do_not_drift() {
    let times = times(&source(
        SourceKind::Even { rate_per_s: 400.0 },
        Shape::Flat,
        10_000,
    ));

    assert_eq!(times.len(), 4_000_000);
    assert!((0..).zip(&times).all(|(k, &at)| at == k * 2_500_000));
}

#[test]
fn even_arrivals_at_a_third_of_a_second_round_each_for_itself() {
    let times = times(&source(
        SourceKind::Even { rate_per_s: 3.0 },
        Shape::Flat,
        1_000_000,
    ));

    assert_eq!(times[1], 333_333_333);
    assert_eq!(times[2], 666_666_667);
    assert_eq!(times[2_999_997], 999_999 * SECOND);
}

#[test]
fn a_ramp_lets_its_integral_enter() {
    let shape = Shape::Ramp(vec![
        (seconds(10), 0.0),
        (seconds(20), 2.0),
        (seconds(30), 1.0),
    ]);

    let times = times(&source(SourceKind::Even { rate_per_s: 100.0 }, shape, 40));

    // Areas 0, 10, 15 and 10 seconds at 100 a second; an arrival at an end falls to either.
    assert_eq!(within(&times, 0, 10), 0.0);
    assert!((within(&times, 10, 20) - 1000.0).abs() <= 1.0);
    assert!((within(&times, 20, 30) - 1500.0).abs() <= 1.0);
    assert!((within(&times, 30, 40) - 1000.0).abs() <= 1.0);
    // Half of a ramp's time is a quarter of its area.
    assert!((within(&times, 10, 15) - 250.0).abs() <= 1.0);
}

#[test]
fn steps_hold_until_the_next_and_before_the_first() {
    let shape = Shape::Steps(vec![
        (seconds(10), 1.0),
        (seconds(20), 0.0),
        (seconds(30), 3.0),
    ]);

    let times = times(&source(SourceKind::Even { rate_per_s: 10.0 }, shape, 40));

    assert_eq!(within(&times, 0, 20), 200.0);
    assert_eq!(within(&times, 20, 30), 0.0);
    assert_eq!(within(&times, 30, 40), 300.0);
    assert_eq!(times[200], 30 * SECOND);
}

#[test]
fn load_goes_on_beyond_the_horizon_unless_it_is_stopped() {
    let kind = SourceKind::Even { rate_per_s: 10.0 };
    let (start, horizon) = (SimTime::ZERO, seconds(2));
    let source = Source::new(
        "load",
        0,
        1,
        kind,
        constant(1.0),
        Shape::Flat,
        start,
        SimTime::NEVER,
        horizon,
    );
    let mut state = SourceState::new(&source, 1, 0, None);

    let last = std::iter::from_fn(|| next(&mut state, &source))
        .take(50)
        .last()
        .map(|arrival| arrival.at);

    assert_eq!(last, Some(SimTime(4_900_000_000)));
}

#[test]
fn a_later_start_and_an_earlier_stop_cut_the_load() {
    let shape = Shape::Ramp(vec![(seconds(0), 0.0), (seconds(20), 2.0)]);
    let kind = SourceKind::Even { rate_per_s: 100.0 };
    let source = Source::new(
        "load",
        0,
        1,
        kind,
        constant(1.0),
        shape,
        seconds(10),
        seconds(20),
        seconds(60),
    );

    let times = times(&source);

    assert_eq!(times[0], 10 * SECOND);
    assert!(
        (times.len() as f64 - 1500.0).abs() <= 1.0,
        "{}",
        times.len()
    );
    assert!(times.iter().all(|&at| at < 20 * SECOND));
}

#[test]
fn a_diurnal_wave_keeps_the_mean_and_peaks_in_the_middle() {
    for peak_to_mean in [1.5, 2.0, 3.0, 6.0] {
        let shape = Shape::Diurnal {
            peak_to_mean,
            period: Span(500 * SECOND),
        };
        let times = times(&source(
            SourceKind::Even { rate_per_s: 1000.0 },
            shape,
            1000,
        ));

        assert!(
            (times.len() as f64 / 1e6 - 1.0).abs() < 1e-5,
            "{}",
            times.len()
        );
        let peak = within(&times, 498, 502) / 4000.0;
        assert!(
            (peak / peak_to_mean - 1.0).abs() < 3e-3,
            "{peak} instead of {peak_to_mean}"
        );
    }
}

#[test]
fn a_modulated_load_has_its_mean_rate_and_is_burstier() {
    // States 1 s at 4 and 3 s at 0: the mean factor is 1.
    let states = vec![(4.0, Span(SECOND)), (0.0, Span(3 * SECOND))];
    let times = times(&source(poisson(100.0), Shape::Mmpp(states), 100_000));

    let rate = times.len() as f64 / 1e5;
    // Asymptotic variance of an on-off load's time share: 2·(σ1σ0)²/(σ1+σ0)³ = 0.28 a second.
    let deviation = 400.0 * (0.281_25_f64 / 1e5).sqrt();
    assert!(
        (rate - 100.0).abs() < 4.0 * deviation,
        "{rate} a second, deviation {deviation}"
    );
    let mut counts = vec![0.0_f64; 100_000];
    times
        .iter()
        .for_each(|at| counts[(at / SECOND) as usize] += 1.0);
    let dispersion = counts.iter().map(|c| (c - 100.0).powi(2)).sum::<f64>() / 1e5 / 100.0;
    assert!(
        dispersion > 50.0,
        "variance of counts over mean: {dispersion}"
    );
}

#[test]
fn batches_keep_the_rate_and_enter_at_once() {
    let batch = whole(&Law::Uniform {
        low: 1.0,
        high: 9.0,
    });
    let source = Source::new(
        "load",
        0,
        1,
        poisson(1000.0),
        batch,
        Shape::Flat,
        SimTime::ZERO,
        seconds(1000),
        seconds(1000),
    );

    let arrivals = arrivals(&source, 5);

    // Deviation of the count: √(200 000 · E[B²]) = √(200 000 · 31.67) = 2517.
    assert!(
        (arrivals.len() as f64 - 1e6).abs() < 10_000.0,
        "{}",
        arrivals.len()
    );
    assert!(
        (1..)
            .zip(&arrivals)
            .all(|(ordinal, arrival)| arrival.ordinal == ordinal)
    );
    let instants = 1 + arrivals
        .windows(2)
        .filter(|pair| pair[0].at < pair[1].at)
        .count();
    assert!(
        (instants as f64 - 2e5).abs() < 1800.0,
        "{instants} instants"
    );
}

#[test]
fn a_timer_fires_at_the_start_and_after_each_gap() {
    let gap = Sampler::compile(&Law::Sequence(vec![1e9, 2e9]), Unit::Nanoseconds);
    let source = Source::new(
        "load",
        0,
        1,
        SourceKind::Every { gap },
        constant(2.0),
        Shape::Flat,
        seconds(60),
        seconds(65),
        seconds(65),
    );

    assert_eq!(
        times(&source),
        [60, 60, 61, 61, 63, 63, 64, 64].map(|s| s * SECOND)
    );
}

#[test]
fn a_scaled_load_meets_the_same_stream() {
    let slow = times(&source(poisson(100.0), Shape::Flat, 100));
    let fast = times(&source(poisson(200.0), Shape::Flat, 50));

    assert_eq!(slow.len(), fast.len());
    assert!(
        slow.iter()
            .zip(&fast)
            .all(|(&s, &f)| s.abs_diff(2 * f) <= 2)
    );
}

#[test]
fn replications_and_seeds_differ() {
    let source = source(poisson(100.0), Shape::Flat, 10);
    let mut second = SourceState::new(&source, 1, 1, None);

    let first = arrivals(&source, 1);

    assert_eq!(first, arrivals(&source, 1));
    assert_ne!(first, arrivals(&source, 2));
    assert_ne!(first[0].at, next(&mut second, &source).unwrap().at);
}

#[test]
fn a_trace_is_replayed_within_the_window() {
    let entry = |at, key| TraceEntry {
        at: seconds(at),
        key,
        bytes: Some(at),
    };
    let entries = vec![
        entry(1, None),
        entry(3, Some(7)),
        entry(4, None),
        entry(9, None),
    ];
    let source = Source::new(
        "load",
        0,
        1,
        SourceKind::Trace { entries },
        constant(1.0),
        Shape::Flat,
        seconds(2),
        seconds(9),
        seconds(60),
    );

    let arrivals = arrivals(&source, 1);

    assert_eq!(arrivals.len(), 2);
    let first = Arrival {
        at: seconds(3),
        ordinal: 1,
        key: crate::random::request_key(1, 0, hash_name("load"), 1),
        key_rank: Some(7),
        bytes: Some(3),
        first: UNDRAWN,
    };
    assert_eq!(arrivals[0], first);
}

#[test]
fn clients_come_into_force_with_the_shape() {
    let closed = |shape| {
        let kind = SourceKind::Clients {
            count: 10,
            think: constant(5.0),
        };
        Source::new(
            "load",
            0,
            1,
            kind,
            constant(1.0),
            shape,
            seconds(5),
            seconds(50),
            seconds(60),
        )
    };
    let steps = closed(Shape::Steps(vec![(seconds(0), 0.5), (seconds(20), 2.0)]));
    assert_eq!(steps.clients(), Some(20));
    assert_eq!(steps.client_time(4, SimTime::ZERO), Some(seconds(5)));
    assert_eq!(
        steps.client_time(4, SimTime(6 * SECOND + 1)),
        Some(SimTime(6 * SECOND + 1))
    );
    assert_eq!(steps.client_time(5, seconds(6)), Some(seconds(20)));
    assert_eq!(steps.client_time(19, seconds(6)), Some(seconds(20)));
    assert_eq!(steps.client_time(20, seconds(6)), None);
    assert_eq!(steps.client_time(0, seconds(50)), None);
    assert_eq!(steps.think(1, 0), Span(5));

    let ramp = closed(Shape::Ramp(vec![(seconds(10), 0.0), (seconds(20), 1.0)]));
    // Client 4 is in force from 4.5 clients on.
    let at = ramp.client_time(4, seconds(5)).unwrap();
    assert!(at.0.abs_diff(14_500_000_000) <= 1, "{at:?}");
    assert_eq!(ramp.client_time(9, seconds(20)), Some(seconds(20)));
    assert!(arrivals(&ramp, 1).is_empty());
}

#[test]
fn clients_follow_a_wave_into_its_next_period() {
    let kind = SourceKind::Clients {
        count: 100,
        think: constant(0.0),
    };
    let shape = Shape::Diurnal {
        peak_to_mean: 2.0,
        period: Span(100 * SECOND),
    };
    let source = source(kind, shape, 1000);

    // Peaks at 500 s and every 100 s: after one, client 150 waits for the next flank.
    let at = source.client_time(150, seconds(530)).unwrap();

    // 1 + cos(2π·x) = 1.505 at x = 0.1658 periods before the peak at 600 s.
    let expected = 600.0 - 100.0 * 0.505_f64.acos() / (2.0 * std::f64::consts::PI);
    assert!(
        (at.as_seconds() - expected).abs() < 0.01,
        "{at:?} instead of {expected}"
    );
}

#[test]
fn as_many_requests_are_expected_as_come_in_the_mean() {
    let even = SourceKind::Even { rate_per_s: 100.0 };
    let every = |gap| SourceKind::Every { gap };
    let steps = Shape::Steps(vec![(seconds(10), 1.0), (seconds(30), 3.0)]);
    let ramp = Shape::Ramp(vec![(seconds(20), 0.5), (seconds(60), 2.0)]);
    let wave = Shape::Diurnal {
        peak_to_mean: 3.0,
        period: Span(40 * SECOND),
    };
    let lines = [
        source(even.clone(), Shape::Flat, 200),
        source(even.clone(), steps, 200),
        source(even.clone(), ramp, 200),
        source(even, wave, 200),
        source(every(constant(50e6)), Shape::Flat, 200),
    ];
    for line in &lines {
        for until in [1, 15, 37, 100, 200, 300] {
            let came = within(&times(line), 0, until);
            let expected = line.expected(seconds(until)).expect("an open load");
            assert!(
                (came - expected).abs() <= 1.0,
                "until {until} s: {came} came, {expected} were expected of {line:?}"
            );
        }
    }
    let clients = SourceKind::Clients {
        count: 10,
        think: constant(1e9),
    };
    assert_eq!(source(clients, Shape::Flat, 200).expected(seconds(5)), None);
}

#[test]
fn arrivals_are_those_of_one_draw_after_the_other() {
    let source = source(poisson(1_000.0), Shape::Flat, 3);
    let mut units = 0.0;
    for (n, arrival) in (1..).zip(arrivals(&source, 7)) {
        let key = request_key(7, 0, source.hash(), n);
        units -= libm::log(1.0 - share(draw(key, address(0, purpose::GAP, 0, 0))));
        let at = (units * 1e9 / 1_000.0 + 0.5) as u64;
        assert_eq!((arrival.ordinal, arrival.key, arrival.at.0), (n, key, at));
    }
}

#[test]
fn what_is_drawn_with_an_arrival_is_what_would_be_drawn_later() {
    let sampler = Sampler::compile(&Law::Exponential { mean: 1e6 }, Unit::Nanoseconds);
    let place = address(5, purpose::SERVICE, 2, 0);
    let first = FirstDraw {
        sampler: sampler.clone(),
        place,
    };
    let batch = whole(&Law::Uniform {
        low: 1.0,
        high: 2.0,
    });
    for batch in [constant(1.0), batch] {
        let (start, end) = (SimTime::ZERO, seconds(2));
        let source = Source::new(
            "load",
            0,
            u32::MAX,
            poisson(500.0),
            batch.clone(),
            Shape::Flat,
            start,
            end,
            end,
        );
        let mut state = SourceState::new(&source, 1, 0, Some(first.clone()));

        let arrivals: Vec<Arrival> = std::iter::from_fn(|| next(&mut state, &source)).collect();

        let drawn = arrivals.iter().filter(|one| one.first != UNDRAWN);
        for arrival in drawn.clone() {
            assert_eq!(arrival.first, sampler.sample(arrival.key, place, 0));
        }
        if batch.constant().is_some() {
            assert_eq!(drawn.count(), arrivals.len());
            assert!(arrivals.len() > 800);
        }
    }
}
