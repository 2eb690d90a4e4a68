//! The topology argument: a file, a shipped name, or `-` for standard input.

use crate::cli::failure::Failure;
use crate::cli::shipped;
use crate::spec::parse::MOST_BYTES;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The bytes of a topology, and what to call them in messages.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    /// Path, shipped name with `.json`, or `<stdin>`, for messages.
    pub(crate) shown: String,
    /// Directory that recorded arrivals are looked for in; none for a shipped one.
    pub(crate) directory: Option<PathBuf>,
    /// What it says; not yet known to be UTF-8.
    pub(crate) bytes: Vec<u8>,
}

impl Input {
    /// Reads the topology that an argument means; a file goes before a shipped name.
    ///
    /// # Errors
    ///
    /// There is no such file and no such name, or it cannot be read.
    pub(crate) fn read(argument: &str) -> Result<Input, Failure> {
        if argument == "-" {
            let bytes = bounded(std::io::stdin().lock()).map_err(|error| {
                Failure::refused(format!("standard input cannot be read: {error}"))
            })?;
            return Ok(Input {
                shown: "<stdin>".to_owned(),
                directory: Some(PathBuf::from(".")),
                bytes,
            });
        }
        let path = Path::new(argument);
        if !path.is_file()
            && let Some(text) = shipped::text(argument)
        {
            return Ok(Input {
                shown: format!("{argument}.json"),
                directory: None,
                bytes: text.as_bytes().to_vec(),
            });
        }
        let bytes = File::open(path)
            .and_then(bounded)
            .map_err(|error| unreadable(argument, &error))?;
        Ok(Input {
            shown: argument.to_owned(),
            directory: Some(path.parent().map_or_else(Default::default, Path::to_owned)),
            bytes,
        })
    }

    /// Reads a file of another format, or standard input.
    ///
    /// # Errors
    ///
    /// There is no such file, or it cannot be read.
    pub(crate) fn file(argument: &str) -> Result<Input, Failure> {
        // A pipe that the shell made has a name as well.
        if argument == "-" || Path::new(argument).exists() {
            return Input::read(argument);
        }
        Err(Failure::refused(format!("there is no file `{argument}`")))
    }

    /// Returns its text for messages; what is not UTF-8 is replaced.
    pub(crate) fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }
}

/// Reads everything, but little more than the most that a topology may have.
fn bounded(source: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One byte more, so that a larger file is seen to be too large.
    source.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Says that an argument means nothing that can be read.
fn unreadable(argument: &str, error: &std::io::Error) -> Failure {
    if error.kind() != std::io::ErrorKind::NotFound {
        return Failure::refused(format!("`{argument}` cannot be read: {error}"));
    }
    let a_path = argument.contains(['/', '\\']) || argument.ends_with(".json");
    let message = if a_path {
        format!("there is no file `{argument}`")
    } else {
        format!("there is neither a file nor a shipped topology `{argument}`")
    };
    let name = Path::new(argument)
        .file_stem()
        .map(|stem| stem.to_string_lossy());
    Failure::with_help(message, shipped::help(name.as_deref().unwrap_or(argument)))
}
