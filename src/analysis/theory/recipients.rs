//! How many a post is delivered to, and how many accounts a reader pulls: means.
//!
//! Sums over the accounts of the audience, the greatest one by one and the others in
//! blocks that grow with the rank. Which accounts a reader follows is drawn by followers.

use super::popularity;
use crate::model::{FanOutStep, Gather, Model, Recipients};

/// How often something is started, and for how many accounts each time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Parts {
    /// Starts per visit.
    pub(super) number: f64,
    /// Accounts in one of them.
    pub(super) items: f64,
}

impl Parts {
    /// Divides so many accounts among so many starts.
    fn of(accounts: f64, number: f64) -> Parts {
        let items = if number > 0.0 { accounts / number } else { 1.0 };
        Parts { number, items }
    }
}

/// Returns the pages of a fan-out step, per visit that comes to it.
pub(super) fn pages(model: &Model, step: &FanOutStep) -> Parts {
    let outer = || {
        let mut all = model.fan_out_steps.iter();
        all.find(|one| one.fan_out == step.fan_out && !one.of_page && !one.delivers)
    };
    if step.of_page
        && let Some(outer) = outer()
    {
        let size = pages(model, outer).items;
        return Parts::of(size, (size / f64::from(step.batch)).ceil().max(1.0));
    }
    let cut = |recipients: f64| (recipients / f64::from(step.batch)).ceil();
    if let Recipients::Count(sampler) = step.recipients {
        let sampler = &model.samplers[sampler as usize];
        let mean = sampler.mean();
        // What varies around a page needs one more than its mean does, for half a page on average.
        let number = match sampler.constant() {
            Some(_) => cut(mean),
            None => (mean / f64::from(step.batch) + 0.5).max(1.0),
        };
        return Parts::of(mean, number);
    }
    let Some(population) = &model.population else {
        return Parts::of(0.0, 0.0);
    };
    let kept = match step.recipients {
        Recipients::Followers | Recipients::Count(_) => 1.0,
        Recipients::Active => population.share_active(),
        Recipients::Online => population.share_online(),
    };
    let (mut accounts, mut number) = (0.0, 0.0);
    for (rank, authors, posts) in ranks(population.users(), |rank| {
        population.likelihood_of_rank(rank, true)
    }) {
        let followers = population.followers(rank);
        if followers < step.threshold {
            let recipients = followers as f64 * kept;
            accounts += authors * posts * recipients;
            number += authors * posts * cut(recipients);
        }
    }
    Parts::of(accounts, number)
}

/// Returns the pulls of a gathering step, per visit that comes to it.
pub(super) fn pulls(model: &Model, gather: &Gather) -> Parts {
    let Some(population) = &model.population else {
        return Parts::of(0.0, 0.0);
    };
    let followed = population.mean_followees();
    let all = population.mean_followers() * population.users() as f64;
    let great = match gather.threshold {
        0 => 1.0,
        u64::MAX => 0.0,
        threshold => {
            let mut sum = 0.0;
            for (rank, accounts, _) in ranks(population.at_least(threshold), |_| 1.0) {
                sum += accounts * population.followers(rank) as f64;
            }
            (sum / all.max(f64::MIN_POSITIVE)).min(1.0)
        }
    };
    let pulled = followed * great;
    // At least one if any account is pulled at all; and the last one is half full on average.
    let any = -libm::expm1(-pulled);
    let number = pulled / f64::from(gather.batch) + any / 2.0;
    Parts::of(pulled, number.max(any))
}

/// Returns (middle rank, accounts, value there) of blocks of ranks that grow with the rank.
fn ranks(users: u64, value: impl Fn(u64) -> f64) -> Vec<(u64, f64, f64)> {
    let mut first = 1;
    let blocks = popularity::groups(users, value).into_iter();
    let placed = blocks.map(|(accounts, value)| {
        let middle = first + (accounts as u64).saturating_sub(1) / 2;
        first += accounts as u64;
        (middle, accounts, value)
    });
    placed.collect()
}
