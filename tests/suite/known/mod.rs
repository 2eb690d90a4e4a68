//! Known answers: the engine against closed forms, exact chains and published figures.
//!
//! Each case is a topology in the file format, run through the whole pipeline up
//! to the recordings. Cases carry the ids of the validation list.

mod blocking;
mod caches;
mod costs;
mod coverage;
mod deliveries;
mod estimates;
mod fanout;
pub(crate) mod harness;
mod ids;
mod limits;
mod networks;
mod pages;
mod pools;
mod recorder;
mod retries;
mod schedules;
mod stations;
mod table;
mod tails;
mod theory;
mod transient;
