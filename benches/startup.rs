//! From a file's text to the first event: what a user waits for before anything runs.
//!
//! ```text
//! cargo bench --bench startup
//! ```

#![allow(clippy::print_stdout, reason = "a bench prints its table")]

#[path = "measure/mod.rs"]
mod measure;

use kneepoint::topology::{LoadRequest, load};
use kneepoint::units::SimTime;
use kneepoint::{compile, diagnostic, engine};
use measure::{Samples, in_earnest, timed};
use std::path::{Path, PathBuf};

/// Starts of each topology.
const STARTS: usize = 21;

fn main() -> Result<(), String> {
    let starts = if in_earnest() { STARTS } else { 1 };
    println!(
        "{:<28} {:>10} {:>10} {:>10} {:>10}  (range)",
        "ms", "read", "compile", "make ready", "all"
    );
    for path in shipped()? {
        let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
        let name = path.display().to_string();
        let parts: &mut [Samples; 4] = &mut Default::default();
        for _ in 0..starts {
            start(&name, &text, parts)?;
        }
        let [read, compiled, made, all] = parts;
        let (least, greatest) = all.range();
        let file = path.file_stem().unwrap_or_default().to_string_lossy();
        println!(
            "{file:<28} {:>10.3} {:>10.3} {:>10.3} {:>10.3}  ({least:.3}..{greatest:.3})",
            read.median(),
            compiled.median(),
            made.median(),
            all.median()
        );
    }
    Ok(())
}

/// Returns the shipped topologies, by name.
fn shipped() -> Result<Vec<PathBuf>, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies");
    let entries = std::fs::read_dir(&folder).map_err(|error| error.to_string())?;
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    paths.sort();
    Ok(paths)
}

/// Times one start [ms]: reading, compiling, making a replication ready.
fn start(name: &str, text: &str, parts: &mut [Samples; 4]) -> Result<(), String> {
    let shown = |found: &[_]| diagnostic::render(found, name, text, false);
    let (loaded, read) = timed(|| load(&LoadRequest::new(text, name)));
    let (topology, _) = loaded.map_err(|found| shown(&found))?;
    let (model, compiled) = timed(|| compile::compile(&topology));
    let model = model.map_err(|found| shown(&found))?;
    // Everything of the first replication but its events, which all lie later.
    let mut plan = compile::plan(&topology);
    plan.horizon = SimTime(1);
    let (recording, made) = timed(|| engine::run_one(&model, &plan, 0, &engine::Nobody));
    recording?;
    let all = read + compiled + made;
    for (samples, ns) in parts.iter_mut().zip([read, compiled, made, all]) {
        samples.push(ns / 1e6);
    }
    Ok(())
}
