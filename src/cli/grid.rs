//! Every combination of what `--vary` gives, and the designs that these are.

use crate::cli::args::TopologyArguments;
use crate::cli::failure::Failure;
use crate::cli::vary::Vary;
use crate::report::Varied;

/// Most points of a grid.
///
/// CHOICE: at a second each it takes a quarter of an hour.
const MOST_POINTS: usize = 1_000;

/// What is varied, and all combinations of its values.
#[derive(Debug)]
pub(crate) struct Grid {
    /// In the order that was asked for.
    pub(crate) parameters: Vec<Varied>,
    /// One value per parameter; the last parameter changes fastest.
    pub(crate) combinations: Vec<Vec<String>>,
}

impl Grid {
    /// Checks what is varied, and combines it; `who` has the points, for messages.
    ///
    /// # Errors
    ///
    /// A path is varied twice, or there are too many points.
    pub(crate) fn of(vary: &[Vary], who: &str) -> Result<Grid, Failure> {
        let parameters: Vec<Varied> = vary.iter().map(|one| one.0.clone()).collect();
        for (at, one) in parameters.iter().enumerate() {
            let mut before = parameters.iter().take(at);
            if before.any(|other| other.path == one.path) {
                return Err(Failure::with_help(
                    format!("`{}` is varied twice", one.path),
                    "give all its values in one `--vary`",
                ));
            }
        }
        let points = parameters.iter().fold(1_usize, |points, one| {
            points.saturating_mul(one.values.len())
        });
        if points > MOST_POINTS {
            return Err(Failure::with_help(
                format!("{who} has at most {MOST_POINTS} points, got {points}"),
                "give fewer values, or a wider step such as `2..10:4`",
            ));
        }
        Ok(Grid {
            combinations: combinations(&parameters),
            parameters,
        })
    }

    /// Returns what is asked of the topology at every point.
    pub(crate) fn asked(&self, topology: &TopologyArguments) -> Vec<TopologyArguments> {
        let at = |values: &Vec<String>| {
            let mut asked = topology.clone();
            let varied = self.parameters.iter().zip(values);
            let sets = varied.map(|(one, value)| format!("{}={value}", one.path));
            asked.varied.extend(sets);
            asked
        };
        self.combinations.iter().map(at).collect()
    }
}

/// Lists all combinations; the last parameter changes fastest.
fn combinations(parameters: &[Varied]) -> Vec<Vec<String>> {
    let mut found = vec![Vec::new()];
    for parameter in parameters {
        let with = |values: &Vec<String>| {
            let values = values.clone();
            let each = parameter.values.iter();
            each.map(move |value| [values.as_slice(), std::slice::from_ref(value)].concat())
                .collect::<Vec<_>>()
        };
        found = found.iter().flat_map(with).collect();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Combines what `--vary` gives.
    fn grid(texts: &[&str]) -> Result<Grid, String> {
        let all = texts
            .iter()
            .map(|text| text.parse().expect("it can be read"));
        Grid::of(&all.collect::<Vec<Vary>>(), "a sweep").map_err(|failure| failure.to_string())
    }

    #[test]
    fn the_last_parameter_changes_fastest() {
        let found = grid(&["a=1,2", "b=x,y"]).expect("four points");

        let joined = found.combinations.iter().map(|values| values.join(""));
        assert_eq!(joined.collect::<Vec<String>>(), ["1x", "1y", "2x", "2y"]);
    }

    #[test]
    fn what_is_varied_twice_or_too_much_is_refused() {
        let twice = grid(&["a=1,2", "a=3,4"]).expect_err("twice");
        let many = grid(&["a=1..100", "b=1..100"]).expect_err("too many");

        assert!(twice.contains("`a` is varied twice"), "{twice}");
        assert!(many.contains("at most 1000 points, got 10000"), "{many}");
    }
}
