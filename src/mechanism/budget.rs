//! Retry budget: retries are paid for with what calls have earned.

/// Parts of a token.
const PART: f64 = 1e6;

/// A store of tokens that pays for retries; full at the start.
#[derive(Clone, Copy, Debug)]
pub struct RetryBudget {
    /// Most tokens [10⁻⁶ token] — constant.
    most: u64,
    /// Tokens held [10⁻⁶ token].
    held: u64,
}

fn parts(tokens: f64) -> u64 {
    (tokens * PART).round() as u64
}

impl RetryBudget {
    /// Makes a full budget.
    pub fn new(tokens: f64) -> RetryBudget {
        let most = parts(tokens);
        RetryBudget { most, held: most }
    }

    /// Takes the price of a retry if it is there, and says whether it was.
    pub fn pay(&mut self, cost: f64) -> bool {
        let cost = parts(cost);
        let pays = cost <= self.held;
        if pays {
            self.held -= cost;
        }
        pays
    }

    /// Adds what a call has earned, up to the most it can hold.
    pub fn earn(&mut self, tokens: f64) {
        self.held = self.held.saturating_add(parts(tokens)).min(self.most);
    }

    /// Returns the tokens held.
    pub fn level(&self) -> f64 {
        self.held as f64 / PART
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pays_until_it_is_empty_and_again_after_earning() {
        let mut budget = RetryBudget::new(10.0);

        let paid = [5.0, 5.0, 5.0].map(|cost| budget.pay(cost));
        for _ in 0..50 {
            budget.earn(0.1);
        }
        let again = budget.pay(5.0);
        budget.earn(100.0);

        assert_eq!((paid, again), ([true, true, false], true));
        assert!(
            (budget.level() - 10.0).abs() < 1e-9,
            "no more than it holds"
        );
    }
}
