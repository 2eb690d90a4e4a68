//! What is asked of runs: how many, how long, what counts, and what follows.
//!
//! `simulation` makes of a topology a finished run with its warm-up cut and its
//! verdict on stability (`scenario` what somebody asks for, `watch` how far it is); `compare` makes of several the differences between them; `capacity`
//! finds the highest load of one that meets its objectives, `sweep` varies its values,
//! `size` finds the cheapest of them that meet the objectives (`looks` decides for certain),
//! `explain` makes one thing after another of it faster (`faster`);
//! `assumed` lists the defaults that an answer rests on; `estimate` does the arithmetic
//! of a capacity estimate and `lint` looks for known mistakes; `theory` says what is known
//! without a run.
//!
//! Not here: the loop (`engine`), and how an answer is shown (`report`, `cli`).

pub mod assumed;
mod break_even;
pub mod capacity;
pub mod compare;
pub mod estimate;
pub mod explain;
pub mod faster;
pub mod lint;
mod looks;
pub mod paired;
pub mod scenario;
pub mod simulation;
pub mod size;
pub mod sweep;
pub mod theory;
pub mod watch;
