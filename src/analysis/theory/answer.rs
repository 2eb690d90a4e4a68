//! What is said about a station: figures with the form they come from, or why there are none.

/// What theory says about something with a capacity.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// A closed form or a marked approximation.
    Known(Answer),
    /// More comes than can be served.
    Unstable {
        /// How fast the line grows [1/s].
        grows_per_s: f64,
    },
    /// The load says all that there is to say.
    Load,
    /// No closed form applies, and why.
    NoClosedForm(String),
}

/// The figures of a form; what the form does not give is absent. Times in seconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The form, in Kendall's notation or by name.
    pub form: String,
    /// Whether it is an approximation.
    pub approximate: bool,
    /// Probability of waiting.
    pub waits: Option<f64>,
    /// Share that is refused.
    pub refused: Option<f64>,
    /// Mean wait.
    pub mean_wait: Option<f64>,
    /// Bound above the mean wait (Kingman).
    pub mean_wait_at_most: Option<f64>,
    /// 99 % quantile of the wait.
    pub wait_p99: Option<f64>,
    /// Mean sojourn.
    pub mean_sojourn: Option<f64>,
    /// 99 % quantile of the sojourn.
    pub sojourn_p99: Option<f64>,
}

impl Answer {
    /// Begins an exact answer.
    pub(super) fn exact(form: &str) -> Answer {
        Answer {
            form: form.to_owned(),
            ..Answer::default()
        }
    }

    /// Begins an approximation.
    pub(super) fn close(form: &str) -> Answer {
        Answer {
            approximate: true,
            ..Answer::exact(form)
        }
    }
}
