//! Credits: servers that run at full speed on savings, and at a share of it without.
//!
//! Time on a server at full speed is paid from savings, which all servers earn at the share
//! that they are always entitled to. Work that the savings cover takes its own time; the
//! rest takes longer in proportion. Then what is spent is what is earned, and the servers
//! do the share of their full speed.
//!
//! Not here: who waits for the servers.

use crate::units::{SimTime, Span};

/// The savings of some servers.
#[derive(Clone, Copy, Debug)]
pub struct Credits {
    /// Share of full speed without savings, 0 < share ≤ 1 — constant.
    share: f64,
    /// Server time earned in a time, share × servers — constant.
    earned: f64,
    /// Most savings [ns of a server] — constant.
    most: f64,
    /// Savings at `touched` [ns of a server]; below zero while work is done on what is
    /// earned meanwhile — state.
    held: f64,
    /// When they were last brought up to date — state.
    touched: SimTime,
}

impl Credits {
    /// Makes the savings of so many servers, of which some are held at the start.
    pub fn new(servers: u32, share: f64, most: Span, held: Span) -> Credits {
        let most = most.0 as f64;
        Credits {
            share,
            earned: share * f64::from(servers),
            most,
            held: (held.0 as f64).min(most),
            touched: SimTime::ZERO,
        }
    }

    /// Pays for work that a server begins, and returns how long it takes.
    pub fn stretch(&mut self, now: SimTime, work: Span) -> Span {
        let elapsed = now.since(self.touched).0 as f64;
        self.touched = now;
        self.held = (self.held + elapsed * self.earned).min(self.most);
        let work = work.0 as f64;
        let covered = self.held.clamp(0.0, work);
        self.held -= work;
        Span((covered + (work - covered) / self.share + 0.5) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    /// Work of 10 ms after work at each of some servers; returns how much of it was begun by a time.
    fn begun(credits: &mut Credits, servers: usize, until: u64) -> u64 {
        let mut free = vec![0; servers];
        let mut begun = 0;
        loop {
            let next = free.iter_mut().min().expect("a server");
            if *next >= until {
                return begun;
            }
            *next += credits.stretch(SimTime(*next), Span(10 * MS)).0;
            begun += 1;
        }
    }

    #[test]
    fn savings_last_until_what_is_spent_has_used_them_up() {
        // 2 servers at a quarter: 6 s of savings are spent at 2 − 1/2 a second, in 4 s.
        let mut credits = Credits::new(2, 0.25, Span(60_000 * MS), Span(6_000 * MS));

        let in_4_s = begun(&mut credits.clone(), 2, 4_000 * MS);
        let in_14_s = begun(&mut credits, 2, 14_000 * MS);

        // 2 servers for 4 s, then half a server for 10 s; the last work may be under way.
        assert!(in_4_s.abs_diff(800) <= 2, "{in_4_s}");
        assert!(in_14_s.abs_diff(800 + 500) <= 3, "{in_14_s}");
    }

    #[test]
    fn what_is_earned_while_idle_is_saved_up_to_the_most() {
        let mut credits = Credits::new(1, 0.1, Span(500 * MS), Span::ZERO);

        let empty = credits.stretch(SimTime::ZERO, Span(10 * MS));
        let rested = credits.stretch(SimTime(60_000 * MS), Span(400 * MS));
        let more = credits.stretch(SimTime(60_400 * MS), Span(200 * MS));

        assert_eq!(empty, Span(100 * MS));
        assert_eq!(rested, Span(400 * MS));
        // 500 − 400 + 40 of 200 are covered.
        assert_eq!(more, Span(140 * MS + 600 * MS));
    }
}
