//! The population against its closed forms.

use super::*;
use crate::random::quantile::mean;

fn audience(users: u64, followers: Followers) -> Audience {
    Audience {
        users,
        followers,
        posting: 0.0,
        followees: None,
        active: 1.0,
        online: 0.0,
        activity: Vec::new(),
    }
}

/// Mean of a function of the rank over all of them: each is a stratum of the law.
fn stratified(population: &Population, value: impl Fn(u64) -> f64) -> f64 {
    let mut sum = 0.0;
    let mut user = 1u64;
    let mut count = 0.0;
    while user <= population.users() {
        sum += value(user);
        count += 1.0;
        user += 1;
    }
    sum / count
}

#[test]
fn followers_have_the_mean_of_their_law() {
    let pareto = Law::Pareto {
        exponent: 1.27,
        min: 10.0,
        max: 100_000.0,
    };
    let lognormal = Law::Lognormal {
        mu: 61f64.ln(),
        sigma: 1.0,
    };
    let points = Law::Quantiles(vec![(0.0, 0.0), (0.5, 60.0), (0.99, 3000.0), (1.0, 9e4)]);
    for law in [pareto, lognormal, points] {
        let population = Population::new(&audience(2_000_000, Followers::Law(law.clone())));

        let drawn = stratified(&population, |user| population.followers(user) as f64);

        let exact = mean(&law);
        // The midpoints of two million strata, rounded to whole numbers.
        assert!(
            (drawn / exact - 1.0).abs() < 2e-3,
            "{law:?}: {drawn} {exact}"
        );
        let table = population.mean_followers();
        assert!(
            (table / exact - 1.0).abs() < 2e-3,
            "{law:?}: {table} {exact}"
        );
    }
}

#[test]
fn measured_followers_are_those_of_the_sheet() {
    // Lognormal body: m·e^(σ²/2)·Φ(z − σ); bounded Pareto tail: a·l/(a−1)·(1−r^(a−1))/(1−r^a).
    let join = 61.0 * (1.6 * 2.326_347_874f64).exp();
    let normal = |z: f64| 0.5 * libm::erfc(-z / std::f64::consts::SQRT_2);
    let body = 61.0 * (1.28f64).exp() * normal(2.326_347_874 - 1.6);
    let (a, r) = (1.27, join / 1e8);
    let tail = a * join / (a - 1.0) * (1.0 - r.powf(a - 1.0)) / (1.0 - r.powf(a));
    let exact = body + 0.01 * tail;

    let population = Population::new(&audience(500_000_000, Followers::Measured));

    let found = population.mean_followers();
    assert!((found / exact - 1.0).abs() < 3e-3, "{found} {exact}");
    assert!((250.0..320.0).contains(&found), "the sheet says about 307");
    assert!((population.followers(250_000_000) as f64 - 61.0).abs() < 1.0);
    let share = |followers: u64| population.at_least(followers) as f64 / 5e8;
    assert!((share(2523) - 0.01).abs() < 1e-4);
    assert!((0.03..0.05).contains(&share(1000)), "96th percentile 1 000");
    // The tail's slope between ten thousand and a million.
    let slope = (share(10_000) / share(1_000_000)).log10() / 2.0;
    assert!((slope - 1.27).abs() < 0.01, "{slope}");
    assert!(population.followers(1) > 50_000_000);
    assert!(population.followers(1) <= 100_000_000);
}

#[test]
fn ranks_never_gain_followers() {
    let population = Population::new(&audience(100_000, Followers::Measured));
    for user in 1..100_000 {
        assert!(
            population.followers(user) >= population.followers(user + 1),
            "user {user}"
        );
    }
}

#[test]
fn authors_post_by_their_followers() {
    // P(u) ∝ F(u)^x: the mean of F over posts is E[F^(1+x)]/E[F^x], here by strata.
    let mut settings = audience(100_000, Followers::Measured);
    settings.posting = 0.5;
    let population = Population::new(&settings);
    let power = |x: f64| stratified(&population, |u| (population.followers(u) as f64).powf(x));
    let (exact, square) = (power(1.5) / power(0.5), power(2.5) / power(0.5));

    let draws = 400_000u64;
    let sum: f64 = (0..draws)
        .map(|n| population.followers(population.author(mix2(n, 3), 1)) as f64)
        .sum();

    let error = 4.0 * ((square - exact * exact) / draws as f64).sqrt();
    let found = sum / draws as f64;
    assert!((found - exact).abs() < error, "{found} {exact} ± {error}");
}

#[test]
fn activity_is_in_proportion() {
    // Ten per cent write 80 % of all: weights 138 and 2 a month give 0.1·138 : 0.9·2.
    let mut settings = audience(1_000_000, Followers::Law(Law::Constant(10.0)));
    settings.activity = vec![(0.1, 138.0), (0.9, 2.0)];
    let population = Population::new(&settings);

    let draws = 100_000u64;
    let busy = (0..draws)
        .filter(|&n| population.weight(population.author(mix2(n, 3), 1)) > 0.5)
        .count() as f64
        / draws as f64;

    let exact = 13.8 / 15.6;
    let error = 4.0 * (exact * (1.0 - exact) / draws as f64).sqrt();
    assert!((busy - exact).abs() < error, "{busy} {exact}");
    let sum: f64 = (1..=1_000_000)
        .map(|user| population.likelihood(user, true))
        .sum();
    assert!((sum - 1.0).abs() < 0.01, "likelihoods sum to {sum}");
}

#[test]
fn sets_of_followers_lie_within_each_other() {
    let mut settings = audience(1_000_000, Followers::Measured);
    (settings.active, settings.online) = (0.24, 0.06);
    let population = Population::new(&settings);

    let (mut all, mut active, mut online) = (0, 0, 0);
    for user in (1..1_000_000).step_by(37) {
        let sets = [
            population.followers(user),
            population.active(user),
            population.online(user),
        ];
        assert!(sets.is_sorted_by(|a, b| a >= b), "user {user}: {sets:?}");
        assert_eq!(sets[1], population.active(user), "the same in every run");
        all += sets[0];
        active += sets[1];
        online += sets[2];
    }

    let all = all as f64;
    for (found, share) in [(active, 0.24), (online, 0.06)] {
        let error = 4.0 * (all * share * (1.0 - share)).sqrt();
        assert!((found as f64 - all * share).abs() < error, "{share}");
    }
}

#[test]
fn followed_accounts_are_drawn_by_their_followers() {
    // The other end of a random follow has E[F²]/E[F] followers.
    let law = Law::Pareto {
        exponent: 2.0,
        min: 10.0,
        max: 10_000.0,
    };
    let mut settings = audience(200_000, Followers::Law(law));
    settings.followees = Some(Law::Constant(20.0));
    let population = Population::new(&settings);
    let power = |x: i32| stratified(&population, |u| (population.followers(u) as f64).powi(x));
    let (exact, square) = (power(2) / power(1), power(3) / power(1));

    let (mut sum, mut count) = (0.0, 0u32);
    let mut list = Vec::new();
    for reader in 1..=20_000 {
        let followed = population.followed(reader, 200_000, 1, &mut list);
        assert_eq!((followed, list.len()), (20, 20));
        assert!(list.is_sorted(), "the greatest first");
        for &user in &list {
            sum += population.followers(u64::from(user)) as f64;
            count += 1;
        }
    }

    let error = 4.0 * ((square - exact * exact) / f64::from(count)).sqrt();
    let found = sum / f64::from(count);
    assert!((found - exact).abs() < error, "{found} {exact} ± {error}");
}

#[test]
fn a_threshold_only_shortens_the_list() {
    let population = Population::new(&audience(1_000_000, Followers::Measured));
    let (mut all, mut some) = (Vec::new(), Vec::new());
    let (mut pulled, mut followed) = (0usize, 0usize);
    let ranks = population.at_least(10_000);
    for reader in 1..2_000 {
        let count = population.followed(reader, ranks, 7, &mut some);
        let every_seventh = std::mem::take(&mut some);
        population.followed(reader, 1_000_000, 1, &mut all);
        population.followed(reader, ranks, 1, &mut some);
        assert_eq!(count as usize, some.len());
        assert!(every_seventh.iter().eq(some.iter().step_by(7)));
        assert_eq!(some[..], all[..some.len()]);
        let greater = |user: &&u32| population.followers(u64::from(**user)) >= 10_000;
        assert_eq!(some.len(), all.iter().filter(greater).count());
        pulled += some.len();
        followed += all.len();
    }
    // A share of the follows, binomial.
    let exact = population.edges.up_to(ranks);
    let found = pulled as f64 / followed as f64;
    let error = 4.0 * (exact * (1.0 - exact) / followed as f64).sqrt();
    assert!((found - exact).abs() < error, "{found} {exact}");
}

#[test]
fn deliveries_are_spread_over_authors_by_how_often_they_post() {
    // Σ F^(1+x) over the ranks, against all ranks one by one.
    for skew in [0.0, 0.5] {
        let mut settings = audience(100_000, Followers::Measured);
        settings.posting = skew;
        let population = Population::new(&settings);
        let reach = population.reach();

        let sum = |last: u64, power: f64| -> f64 {
            let followers = (1..=last).map(|user| population.followers(user) as f64);
            followers.map(|count| count.powf(power)).sum()
        };
        let all = sum(100_000, 1.0 + skew);
        let mean = all / sum(100_000, skew);
        assert!(
            (reach.per_post() / mean - 1.0).abs() < 2e-3,
            "{skew}: {mean}"
        );
        for rank in [1, 30, 2_000, 50_000, 100_000] {
            let exact = sum(rank, 1.0 + skew) / all;
            let found = reach.up_to(rank);
            assert!(
                (found - exact).abs() < 2e-3,
                "{skew} {rank}: {found} {exact}"
            );
        }
        let followed = population.followed_up_to(2_000);
        let exact = sum(2_000, 1.0) / sum(100_000, 1.0);
        assert!((followed - exact).abs() < 2e-3, "{followed} {exact}");
    }
}
