//! Resolvers: each keeps the answer that it got for a time, and gives it to all who ask.
//!
//! A resolver that is asked at random times at rate λ and keeps an answer for T asks once
//! in T + 1/λ: a share λT/(1 + λT) finds the answer there. Of r resolvers each tells its
//! callers one of the answers at a time, so that a share w of the answers is at any time
//! told by a share with variance w(1 − w)/r of them, however many ask.
//!
//! Not here: what asking takes, and how an answer is chosen.

use crate::units::{SimTime, Span};

/// Some resolvers that forget.
#[derive(Clone, Debug)]
pub struct Resolvers {
    /// How long an answer is kept — constant.
    ttl: Span,
    /// Per resolver: until when it keeps which answer — state.
    kept: Vec<(SimTime, u32)>,
}

impl Resolvers {
    /// Makes so many resolvers that hold nothing.
    pub fn new(count: u32, ttl: Span) -> Resolvers {
        Resolvers {
            ttl,
            kept: vec![(SimTime::ZERO, 0); count.max(1) as usize],
        }
    }

    /// Returns how many there are.
    pub fn count(&self) -> u32 {
        self.kept.len() as u32
    }

    /// Asks one of them. Returns the answer, and whether it held it already.
    pub fn ask(
        &mut self,
        now: SimTime,
        resolver: u32,
        answer: impl FnOnce() -> u32,
    ) -> (u32, bool) {
        let kept = &mut self.kept[resolver as usize];
        if now < kept.0 {
            return (kept.1, true);
        }
        *kept = (now + self.ttl, answer());
        (kept.1, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mechanism::test_words::{Words, exponential};

    #[test]
    fn an_answer_is_kept_until_its_time_is_over() {
        let mut resolvers = Resolvers::new(2, Span(100));

        let asked = [(0, 0, 5), (99, 0, 6), (99, 1, 7), (100, 0, 8)]
            .map(|(at, resolver, answer)| resolvers.ask(SimTime(at), resolver, || answer));

        assert_eq!(asked, [(5, false), (5, true), (7, false), (8, false)]);
    }

    #[test]
    fn a_share_of_those_who_ask_finds_the_answer() {
        // λ = 1/1000 and T = 2000: two thirds.
        let mut resolvers = Resolvers::new(1, Span(2_000));
        let mut words = Words::new(5);
        let (mut at, mut held) = (0, 0);
        let asked = 90_000;
        for _ in 0..asked {
            at += exponential(words.next(), 1_000.0);
            held += u32::from(resolvers.ask(SimTime(at), 0, || 0).1);
        }

        // In each of about 30,000 cycles a Poisson number with mean 2 finds it. The share is
        // N/(N + 1) of the mean: its deviation is √2/(9·√30,000) = 0.0009; 3.29 of them.
        let share = f64::from(held) / f64::from(asked);
        assert!((share - 2.0 / 3.0).abs() < 3.29 * 0.0009 + 1e-4, "{share}");
    }
}
