//! How a command ends: the exit status, and what is said when it could not be done.

use std::fmt;
use std::process::ExitCode;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// All objectives are met, or there was nothing to judge.
    Met,
    /// We are wrong.
    Internal,
    /// The command line or the file is wrong; nothing was simulated.
    Refused,
    /// An objective is missed or undecided.
    Missed,
    /// The user stopped it; the partial result was printed.
    Interrupted,
}

impl Status {
    /// Returns the exit status as scripts see it.
    pub(crate) fn code(self) -> u8 {
        match self {
            Status::Met => 0,
            Status::Internal => 1,
            Status::Refused => 2,
            Status::Missed => 99,
            Status::Interrupted => 105,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> ExitCode {
        ExitCode::from(status.code())
    }
}

/// Why a command could not be done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line or the machine is in the way: what, and what to do about it.
    Refused {
        /// What is wrong, in one sentence.
        message: String,
        /// What to write instead, when we can tell.
        help: Option<String>,
    },
    /// The file is wrong; its diagnostics, already rendered.
    Diagnosed(String),
    /// The user stopped it before anything counted.
    Interrupted,
}

impl Failure {
    /// Says what is in the way.
    pub(crate) fn refused(message: impl Into<String>) -> Failure {
        Failure::Refused {
            message: message.into(),
            help: None,
        }
    }

    /// Says what is in the way and what to write instead.
    pub(crate) fn with_help(message: impl Into<String>, help: impl Into<String>) -> Failure {
        Failure::Refused {
            message: message.into(),
            help: Some(help.into()),
        }
    }

    /// Says which values had been set in a file that is wrong, as one of several was.
    pub(crate) fn with(self, set: &[String]) -> Failure {
        match self {
            Failure::Diagnosed(ref rendered) if !set.is_empty() => {
                Failure::Diagnosed(format!("{}\nwith {}", rendered.trim_end(), set.join(", ")))
            }
            Failure::Diagnosed(_) | Failure::Refused { .. } | Failure::Interrupted => self,
        }
    }

    /// Returns the exit status that goes with it.
    pub(crate) fn status(&self) -> Status {
        match self {
            Failure::Refused { .. } | Failure::Diagnosed(_) => Status::Refused,
            Failure::Interrupted => Status::Interrupted,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Refused { message, help } => {
                write!(f, "error: {message}")?;
                match help {
                    Some(help) => write!(f, "\n  help: {help}"),
                    None => Ok(()),
                }
            }
            Failure::Diagnosed(rendered) => f.write_str(rendered.trim_end()),
            Failure::Interrupted => f.write_str("interrupted before anything was counted"),
        }
    }
}
