//! Pacing: capacity that follows its use by a share of itself at a time.
//!
//! Every period it goes towards what would be used to a target, but grows by a share of itself
//! at most, and shrinks by another: what is small is slow to become large.
//!
//! Not here: what the capacity does, and when it is asked.

/// The constants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// Fewest units, ≥ 1.
    pub least: u32,
    /// Most units.
    pub most: u32,
    /// Share of them that is to be used, > 0.
    pub target: f64,
    /// Most that a period adds, as a share of what there is.
    pub grow: f64,
    /// Most that it takes away, < 1.
    pub shrink: f64,
}

/// Capacity that follows its use.
#[derive(Clone, Copy, Debug)]
pub struct Pacing {
    rules: Rules,
    /// Where it stands between whole units.
    level: f64,
}

impl Pacing {
    /// Makes one that begins with some units.
    pub fn new(rules: Rules, units: u32) -> Pacing {
        Pacing {
            rules,
            level: f64::from(units),
        }
    }

    /// Returns the units of the next period, after one that used a share of them.
    pub fn next(&mut self, used: f64) -> u32 {
        let wanted = self.level * used / self.rules.target;
        let down = self.level * (1.0 - self.rules.shrink);
        let up = self.level * (1.0 + self.rules.grow);
        let (least, most) = (f64::from(self.rules.least), f64::from(self.rules.most));
        self.level = wanted.max(down).min(up).max(least).min(most);
        // A hair below a whole number is rounding.
        (self.level + 1e-9) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules {
        least: 1,
        most: 32,
        target: 0.7,
        grow: 0.1,
        shrink: 0.02,
    };

    #[test]
    fn grows_by_a_tenth_of_itself_while_all_of_it_is_used() {
        let mut pacing = Pacing::new(RULES, 1);

        let all: Vec<u32> = (0..40).map(|_| pacing.next(1.0)).collect();

        // ⌊1.1ⁿ⌋: ln 2 / ln 1.1 = 7.3 periods to double, up to the most.
        let exact = (1..=40).map(|n| (1.1f64.powi(n).min(32.0) + 1e-9) as u32);
        assert_eq!(all, exact.collect::<Vec<u32>>());
        assert_eq!([all[6], all[7], all[36]], [1, 2, 32]);
    }

    #[test]
    fn goes_to_the_target_and_stays() {
        let mut pacing = Pacing::new(RULES, 16);

        // 7 units of work: ten are used to 70 %. 2 % of 16 a period are two in seven.
        let mut units = 16;
        let all: Vec<u32> = (0..60)
            .map(|_| {
                units = pacing.next(7.0 / f64::from(units));
                units
            })
            .collect();

        assert_eq!(all[0], 15);
        assert!(all.windows(2).all(|two| two[1] <= two[0]), "{all:?}");
        assert_eq!(all[59], 10);
    }
}
