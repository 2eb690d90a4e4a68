//! The two streams and the output file: where a command's words go.
//!
//! A reader that goes away (`| head`) ends the printing, not the program: a
//! broken pipe is no error. A file that cannot be written is one, and is found
//! out before anything is simulated.

use crate::cli::failure::Failure;
use clap::ValueEnum;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    // No doc comments: with them `--help` gives every value a line of its own.
    Auto,
    Always,
    Never,
}

/// Where a command prints.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Console {
    when: When,
}

impl Console {
    /// Makes the console of a command.
    pub(crate) fn new(when: When) -> Console {
        Console { when }
    }

    /// Whether a result on standard output is coloured.
    pub(crate) fn colours_results(&self) -> bool {
        self.colours(std::io::stdout().is_terminal())
    }

    /// Whether messages on standard error are coloured.
    pub(crate) fn colours_messages(&self) -> bool {
        self.colours(std::io::stderr().is_terminal())
    }

    /// Whether colour was asked for even where there is no terminal.
    pub(crate) fn always_colours(&self) -> bool {
        self.when == When::Always
    }

    /// Decides for one stream; the option holds over `NO_COLOR`.
    fn colours(&self, terminal: bool) -> bool {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        match self.when {
            When::Auto => terminal && !refused,
            When::Always => true,
            When::Never => false,
        }
    }

    /// Prints a result to standard output.
    ///
    /// # Errors
    ///
    /// Standard output cannot be written, other than because its reader went away.
    pub(crate) fn result(&self, text: &str) -> Result<(), Failure> {
        let mut stdout = std::io::stdout().lock();
        let written = stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush());
        match written {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::refused(format!(
                "standard output cannot be written: {error}"
            ))),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Prints a message to standard error; an `error:` or `warning:` at the beginning is marked.
    pub(crate) fn error(&self, text: &str) {
        let text = if self.colours_messages() {
            marked(text)
        } else {
            text.to_owned()
        };
        // Nobody is left to be told if standard error is gone.
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }
}

/// Colours the word before the colon of a message.
fn marked(text: &str) -> String {
    let colours = [("error", "\u{1b}[1;31m"), ("warning", "\u{1b}[1;33m")];
    for (word, code) in colours {
        if let Some(rest) = text.strip_prefix(word) {
            return format!("{code}{word}\u{1b}[0m{rest}");
        }
    }
    text.to_owned()
}

/// Where a result goes: standard output, or a file that could be opened.
#[derive(Debug)]
pub(crate) enum Target {
    /// Standard output.
    Stdout,
    /// A file, created but not yet written.
    File(PathBuf, File),
}

impl Target {
    /// Opens the target; an existing file is kept until there is a result.
    ///
    /// # Errors
    ///
    /// The file cannot be created or written.
    pub(crate) fn open(path: Option<&Path>) -> Result<Target, Failure> {
        let Some(path) = path else {
            return Ok(Target::Stdout);
        };
        let opened = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path);
        match opened {
            Ok(file) => Ok(Target::File(path.to_owned(), file)),
            Err(error) => Err(unwritable(path, &error)),
        }
    }

    /// Whether a result written here is coloured.
    pub(crate) fn colours(&self, console: &Console) -> bool {
        match self {
            Target::Stdout => console.colours_results(),
            Target::File(..) => console.always_colours(),
        }
    }

    /// Writes the result.
    ///
    /// # Errors
    ///
    /// The file or standard output cannot be written.
    pub(crate) fn write(self, text: &str, console: &Console) -> Result<(), Failure> {
        match self {
            Target::Stdout => console.result(text),
            Target::File(path, mut file) => {
                // Devices such as /dev/null cannot be cut; regular files must be.
                let regular = file.metadata().is_ok_and(|metadata| metadata.is_file());
                let cut = if regular { file.set_len(0) } else { Ok(()) };
                cut.and_then(|()| file.write_all(text.as_bytes()))
                    .map_err(|error| unwritable(&path, &error))
            }
        }
    }
}

/// Writes a file that does not exist yet; `help` says what else to do if it does.
///
/// # Errors
///
/// It exists already, or it cannot be written.
pub(crate) fn create(path: &Path, text: &str, help: &str) -> Result<(), Failure> {
    let created = OpenOptions::new().write(true).create_new(true).open(path);
    created
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| {
            if error.kind() == ErrorKind::AlreadyExists {
                Failure::with_help(format!("`{}` exists already", path.display()), help)
            } else {
                unwritable(path, &error)
            }
        })
}

/// Says that a file cannot be written.
pub(crate) fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::with_help(
        format!("`{}` cannot be written: {error}", path.display()),
        "choose a path in a directory that exists and that you may write to",
    )
}
