//! kneepoint load-tests a system design before it exists.
//!
//! A topology file becomes a validated graph (`topology`), the graph a compiled
//! model (`compile`, `model`), the model a run (`engine`), the run a summary
//! (`metrics`) and the summary a report (`report`). The command line (`cli`) and, with the
//! feature `serve`, the web interface (`server`) are two doors to the same arrows.

pub mod analysis;
pub mod cli;
pub mod compile;
pub mod component;
pub mod cost;
pub mod diagnostic;
pub mod engine;
pub mod import;
pub mod mechanism;
pub mod metrics;
pub mod model;
pub mod random;
pub mod report;
#[cfg(feature = "serve")]
pub mod server;
pub mod spec;
pub mod topology;
pub mod units;
pub mod workload;
