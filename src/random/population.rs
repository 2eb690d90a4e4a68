//! A population of users that is computed, not stored.
//!
//! User u is the one with the u-th most followers, u from 1 on: its followers are
//! the quantile of their law at (u − ½)/users from the top. So the population has
//! exactly the law that was asked for, its greatest accounts included, and whoever
//! posts can be drawn by followers in one look-up. All else about a user (activity,
//! followers that are active, accounts it follows) is drawn at an address of the
//! user alone: the same user is the same in every run, strategy and thread.
//!
//! Not modelled: who follows whom (recipients are any users, followed accounts are
//! drawn by their followers, and may repeat), and changes in time.

use super::address::{draw, mix2, share};
use super::law::Law;
use super::sampler::{Sampler, Unit};
use super::variates::Stream;

/// Keeps the attributes of users apart from everything else that is drawn.
const POPULATION: u64 = 0x705f_7573_6572_735f;
/// Ranks that a table by weight keeps one by one.
const HEAD: u64 = 1024;
/// Later cells are so many times shorter than their distance from the top.
const FINENESS: u64 = 64;
/// Places within a cell at which its weight is taken.
const PLACES: u64 = 8;

/// Median of the body of the measured law of followers.
///
/// SOURCE: Bruner, “Tweets loud and quiet”, 2013: median 61, 96th percentile 1 000
/// and 99th about 3 000 followers of active accounts, fitted by a lognormal body.
const BODY_MEDIAN: f64 = 61.0;
/// Standard deviation of the logarithm in the body.
const BODY_SIGMA: f64 = 1.6;
/// One in so many accounts lies in the tail.
const ONE_IN_TAIL: u64 = 100;
/// Exponent of the tail: P(X > x) ∝ x^−1.27.
///
/// SOURCE: Kwak et al., “What is Twitter, a social network or a news media?”, 2010
/// (density exponent 2.276), and the percentiles of Bruner 2013 (1.26).
const TAIL_EXPONENT: f64 = 1.27;
/// Most followers of anybody.
///
/// SOURCE: the same measurements; the greatest accounts have about 10⁸.
const TAIL_CAP: f64 = 1e8;
/// Distance of the 99 % point of a normal law from its mean, in deviations.
const NORMAL_99: f64 = 2.326_347_874_040_841;

/// What an attribute of a user is drawn for.
mod attribute {
    pub(super) const CLASS: u64 = 1;
    pub(super) const ACTIVE: u64 = 2;
    pub(super) const ONLINE: u64 = 3;
    pub(super) const FOLLOWEES: u64 = 4;
    pub(super) const FOLLOWED: u64 = 5;
}

/// A population as the topology file states it.
#[derive(Clone, Debug, PartialEq)]
pub struct Audience {
    /// Accounts, ≥ 1.
    pub users: u64,
    /// Followers of an account.
    pub followers: Followers,
    /// An account posts at a rate ∝ followers^posting; 0 is even.
    pub posting: f64,
    /// Accounts that a reader follows; the mean of `followers` if none.
    pub followees: Option<Law>,
    /// Share of followers whose timeline is kept.
    pub active: f64,
    /// Share of followers who are connected now, ≤ `active`.
    pub online: f64,
    /// Classes of activity: (share of the accounts, weight of one of them).
    pub activity: Vec<(f64, f64)>,
}

/// How many followers accounts have.
#[derive(Clone, Debug, PartialEq)]
pub enum Followers {
    /// A law of counts that is drawn by one look-up.
    Law(Law),
    /// As measured on a social network: a lognormal body joined to a Pareto tail.
    Measured,
}

impl Followers {
    /// Whether a law can be asked for the followers at a rank: its quantile is one look-up.
    pub fn has_ranks(law: &Law) -> bool {
        !matches!(law, Law::Mixture(_) | Law::Sum(_) | Law::Sequence(_))
    }
}

/// Users and what can be asked about them.
#[derive(Debug)]
pub struct Population {
    users: u64,
    followers: Counts,
    /// Ranks by weight of posting; none if even.
    posting: Option<Ranks>,
    /// An account posts at a rate ∝ followers^skew.
    skew: f64,
    /// Ranks by followers: the other end of a random follow.
    edges: Ranks,
    mean_followers: f64,
    followees: Sampler,
    active: f64,
    online_of_active: f64,
    /// (cumulated share, weight relative to the greatest).
    activity: Vec<(f64, f64)>,
}

/// How the deliveries of posts are spread over their authors.
#[derive(Debug)]
pub struct Reach {
    /// Ranks by posting times followers.
    ranks: Ranks,
    /// Mean followers of whoever posts.
    per_post: f64,
}

impl Reach {
    /// Returns the mean followers of the author of a post.
    pub fn per_post(&self) -> f64 {
        self.per_post
    }

    /// Returns the share of all deliveries to followers that is due to the authors up to a rank.
    pub fn up_to(&self, rank: u64) -> f64 {
        self.ranks.up_to(rank)
    }
}

/// Followers by distance from the top.
#[derive(Debug)]
enum Counts {
    Law(Sampler),
    Measured { body: Sampler, tail: Sampler },
}

impl Counts {
    fn new(followers: &Followers) -> Counts {
        match followers {
            Followers::Law(law) => Counts::Law(Sampler::compile(law, Unit::Whole)),
            Followers::Measured => {
                let body = Law::Lognormal {
                    mu: libm::log(BODY_MEDIAN),
                    sigma: BODY_SIGMA,
                };
                let tail = Law::Pareto {
                    exponent: TAIL_EXPONENT,
                    min: BODY_MEDIAN * libm::exp(BODY_SIGMA * NORMAL_99),
                    max: TAIL_CAP,
                };
                Counts::Measured {
                    body: Sampler::compile(&body, Unit::Whole),
                    tail: Sampler::compile(&tail, Unit::Whole),
                }
            }
        }
    }

    /// Returns the followers at a distance from the top, in units of 2^−64.
    #[inline]
    fn at(&self, distance: u64) -> u64 {
        match self {
            Counts::Law(sampler) => sampler.at(!distance),
            Counts::Measured { tail, .. } if distance < u64::MAX / ONE_IN_TAIL => {
                tail.at(!(distance * ONE_IN_TAIL))
            }
            Counts::Measured { body, .. } => body.at(!distance),
        }
    }
}

/// Ranks 1..=users by a weight that falls with the rank.
#[derive(Debug)]
struct Ranks {
    /// Last rank of each cell.
    last: Vec<u64>,
    /// Share of all weight in the cells up to each.
    cumulated: Vec<f64>,
    /// Sum of all weights.
    total: f64,
}

impl Ranks {
    fn new(users: u64, weight: impl Fn(u64) -> f64) -> Ranks {
        let (mut last, mut masses) = (Vec::new(), Vec::new());
        let mut first = 1u64;
        while first <= users {
            let width = if first <= HEAD { 1 } else { first / FINENESS };
            let end = (first + width - 1).min(users);
            let width = end - first + 1;
            let mass = if width <= PLACES {
                (first..=end).map(&weight).sum::<f64>()
            } else {
                let place = |n: u64| first + (2 * n + 1) * width / (2 * PLACES);
                let sum: f64 = (0..PLACES).map(|n| weight(place(n))).sum();
                sum / PLACES as f64 * width as f64
            };
            last.push(end);
            masses.push(mass);
            first = end + 1;
        }
        let total: f64 = masses.iter().rev().sum();
        let mut sum = 0.0;
        let cumulated = masses.iter().map(|mass| {
            sum += mass;
            sum / total.max(f64::MIN_POSITIVE)
        });
        Ranks {
            cumulated: cumulated.collect(),
            last,
            total,
        }
    }

    /// Returns the rank at a share of the weight, counted from the top.
    fn at(&self, part: f64) -> u64 {
        let cell = self.cumulated.partition_point(|&sum| sum <= part);
        let cell = cell.min(self.last.len() - 1);
        let (below, first) = match cell {
            0 => (0.0, 1),
            _ => (self.cumulated[cell - 1], self.last[cell - 1] + 1),
        };
        let width = self.cumulated[cell] - below;
        let count = self.last[cell] - first + 1;
        if count == 1 || width <= 0.0 {
            return first;
        }
        let place = ((part - below) / width * count as f64) as u64;
        first + place.min(count - 1)
    }

    /// Returns the share of the weight that the ranks up to one have.
    fn up_to(&self, rank: u64) -> f64 {
        if rank == 0 {
            return 0.0;
        }
        let cell = self.last.partition_point(|&last| last < rank);
        let Some(&end) = self.last.get(cell) else {
            return 1.0;
        };
        let (below, first) = match cell {
            0 => (0.0, 1),
            _ => (self.cumulated[cell - 1], self.last[cell - 1] + 1),
        };
        let part = (rank - first + 1) as f64 / (end - first + 1) as f64;
        below + (self.cumulated[cell] - below) * part
    }
}

impl Population {
    /// Computes the tables of a population. O(log users).
    pub fn new(audience: &Audience) -> Population {
        let users = audience.users.max(1);
        let followers = Counts::new(&audience.followers);
        let count = |user: u64| followers_of(&followers, users, user) as f64;
        let edges = Ranks::new(users, count);
        let posting = (audience.posting > 0.0).then(|| {
            Ranks::new(users, |user| {
                libm::pow(count(user).max(0.0), audience.posting)
            })
        });
        let mean_followers = edges.total / users as f64;
        let followees = audience
            .followees
            .clone()
            .unwrap_or(Law::Constant(mean_followers));
        let greatest = audience
            .activity
            .iter()
            .map(|(_, weight)| *weight)
            .fold(f64::MIN_POSITIVE, f64::max);
        let all: f64 = audience.activity.iter().map(|(share, _)| share).sum();
        let mut sum = 0.0;
        let activity = audience.activity.iter().map(|(share, weight)| {
            sum += share / all.max(f64::MIN_POSITIVE);
            (sum, weight / greatest)
        });
        Population {
            users,
            edges,
            posting: posting.filter(|ranks| ranks.total > 0.0),
            skew: audience.posting,
            mean_followers,
            followees: Sampler::compile(&followees, Unit::Whole),
            active: audience.active,
            online_of_active: if audience.active > 0.0 {
                (audience.online / audience.active).min(1.0)
            } else {
                0.0
            },
            activity: activity.collect(),
            followers,
        }
    }

    /// Returns the number of accounts.
    pub fn users(&self) -> u64 {
        self.users
    }

    /// Returns the followers of an account: at most all others.
    #[inline]
    pub fn followers(&self, user: u64) -> u64 {
        followers_of(&self.followers, self.users, user)
    }

    /// Returns the mean of `followers` over accounts.
    pub fn mean_followers(&self) -> f64 {
        self.mean_followers
    }

    /// Returns the share of followers whose timeline is kept.
    pub fn share_active(&self) -> f64 {
        self.active
    }

    /// Returns the share of followers who are connected now.
    pub fn share_online(&self) -> f64 {
        self.active * self.online_of_active
    }

    /// Returns the mean number of accounts that a reader follows.
    pub fn mean_followees(&self) -> f64 {
        self.followees.mean()
    }

    /// Returns how many followers of an account have a timeline that is kept.
    pub fn active(&self, user: u64) -> u64 {
        let all = self.followers(user);
        Stream::new(self.attribute(user, attribute::ACTIVE)).binomial(all, self.active)
    }

    /// Returns how many of those are connected now.
    pub fn online(&self, user: u64) -> u64 {
        let active = self.active(user);
        Stream::new(self.attribute(user, attribute::ONLINE)).binomial(active, self.online_of_active)
    }

    /// Draws who posts.
    pub fn author(&self, key: u64, address: u64) -> u64 {
        self.accepted(key, address, |part| match &self.posting {
            Some(ranks) => ranks.at(part),
            None => self.any(part),
        })
    }

    /// Draws who reads.
    pub fn reader(&self, key: u64, address: u64) -> u64 {
        self.accepted(key, address, |part| self.any(part))
    }

    /// Returns any user, at a share of all.
    fn any(&self, part: f64) -> u64 {
        1 + ((part * self.users as f64) as u64).min(self.users - 1)
    }

    /// Returns the probability that it is this user who posts, or reads.
    pub fn likelihood(&self, user: u64, posts: bool) -> f64 {
        self.likelihood_of_rank(user, posts) * self.weight(user) / self.mean_weight()
    }

    /// Returns the probability that somebody of this rank posts, or reads, whatever the
    /// activity of the one who has it.
    pub fn likelihood_of_rank(&self, rank: u64, posts: bool) -> f64 {
        match &self.posting {
            Some(ranks) if posts => ranks.up_to(rank) - ranks.up_to(rank - 1),
            Some(_) | None => 1.0 / self.users as f64,
        }
    }

    /// Draws users until one is accepted by its activity.
    fn accepted(&self, key: u64, address: u64, user: impl Fn(f64) -> u64) -> u64 {
        let word = draw(key, address);
        let first = user(share(word));
        if self.activity.len() < 2 {
            return first;
        }
        let mut found = first;
        let mut stream = Stream::new(word);
        while share(stream.word()) >= self.weight(found) {
            found = user(share(stream.word()));
        }
        found
    }

    /// Returns the activity of a user, relative to the greatest.
    fn weight(&self, user: u64) -> f64 {
        if self.activity.len() < 2 {
            return 1.0;
        }
        let place = share(self.attribute(user, attribute::CLASS));
        let class = self.activity.partition_point(|&(sum, _)| sum <= place);
        let class = self.activity.get(class).or(self.activity.last());
        class.map_or(1.0, |&(_, weight)| weight)
    }

    /// Returns the mean activity, relative to the greatest.
    fn mean_weight(&self) -> f64 {
        if self.activity.len() < 2 {
            return 1.0;
        }
        let mut below = 0.0;
        let parts = self.activity.iter().map(|&(sum, weight)| {
            let share = sum - below;
            below = sum;
            share * weight
        });
        parts.sum()
    }

    /// Returns how many accounts a reader follows.
    pub fn followees(&self, reader: u64) -> u64 {
        let word = self.attribute(reader, attribute::FOLLOWEES);
        self.followees.sample(word, 0, 1).min(self.users - 1)
    }

    /// Returns how many accounts have at least so many followers: ranks from 1 to it.
    pub fn at_least(&self, followers: u64) -> u64 {
        let (mut low, mut high) = (0, self.users);
        while low < high {
            let middle = (low + high).div_ceil(2);
            if self.followers(middle) >= followers {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        low
    }

    /// Returns the share of all follows that lead to the accounts up to a rank: what is pulled
    /// of them in the mean, of all that readers follow.
    pub fn followed_up_to(&self, rank: u64) -> f64 {
        self.edges.up_to(rank)
    }

    /// Returns how the deliveries of posts are spread over their authors. O(log users).
    pub fn reach(&self) -> Reach {
        let count = |user: u64| self.followers(user) as f64;
        let Some(posting) = &self.posting else {
            return Reach {
                ranks: Ranks::new(self.users, count),
                per_post: self.mean_followers,
            };
        };
        let ranks = Ranks::new(self.users, |user| {
            count(user) * libm::pow(count(user).max(0.0), self.skew)
        });
        Reach {
            per_post: ranks.total / posting.total,
            ranks,
        }
    }

    /// Lists the accounts among the first `ranks` that a reader follows, the greatest first.
    ///
    /// Only every `step`-th is listed, the first among them; how many there are is returned.
    ///
    /// They are the order statistics of as many draws by followers as the reader
    /// follows accounts, from the top on; so a higher threshold only makes the list
    /// shorter. O(accounts).
    pub fn followed(&self, reader: u64, ranks: u64, step: u32, list: &mut Vec<u32>) -> u32 {
        list.clear();
        // −ln(1 − place) of order statistics grows by exponential values over those left.
        let end = if ranks < self.users {
            -libm::log1p(-self.edges.up_to(ranks))
        } else {
            f64::INFINITY
        };
        let mut stream = Stream::new(self.attribute(reader, attribute::FOLLOWED));
        let mut sum = 0.0;
        let followees = self.followees(reader);
        for before in 0..followees {
            sum -= libm::log(stream.open()) / (followees - before) as f64;
            if sum >= end {
                return before as u32;
            }
            if before % u64::from(step) == 0 {
                let place = -libm::expm1(-sum);
                list.push(self.edges.at(place).min(ranks.max(1)) as u32);
            }
        }
        followees as u32
    }

    /// Returns the word of an attribute of a user.
    fn attribute(&self, user: u64, what: u64) -> u64 {
        mix2(user ^ POPULATION, what)
    }
}

/// Returns the followers of the user of a rank.
#[inline]
fn followers_of(counts: &Counts, users: u64, user: u64) -> u64 {
    let distance = ((u128::from(2 * user.clamp(1, users) - 1)) << 63) / u128::from(users);
    counts.at(distance as u64).min(users - 1)
}

#[cfg(test)]
#[path = "population_tests.rs"]
mod tests;
