//! `kneepoint serve`: the web interface.

use crate::cli::console::Console;
use crate::cli::failure::{Failure, Status};
use crate::cli::input::Input;
use crate::cli::interrupt;
use crate::cli::pipeline;
use crate::cli::shipped;
use crate::diagnostic;
use crate::server::{Given, Server, Settings, Shipped};
use crate::spec;
use clap::Args;
use std::fmt;
use std::io::{Error, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::str::FromStr;

/// Where the page is looked for first.
///
/// CHOICE: above the ports that need rights, below those that systems hand out.
const PORT: u16 = 8470;

/// What `serve` is given.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kneepoint serve
  kneepoint serve single-server --port 9000
  kneepoint serve mine.json --port 0

It listens until Ctrl-C. A page can read no file of this machine but the topology that is
named here and the recorded arrivals that it names.")]
pub(crate) struct Arguments {
    /// The topology that the page begins with: a file, a shipped name, or `-`
    topology: Option<String>,
    /// Where the page is found; 0 takes any port that is free
    #[arg(long, value_name = "N", default_value_t = PORT)]
    port: u16,
    /// Address to listen at; by default nobody but this machine can reach it
    #[arg(long, value_name = "ADDRESS", default_value_t = Host(IpAddr::V4(Ipv4Addr::LOCALHOST)))]
    host: Host,
    /// Threads that simulate; all cores by default
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
}

/// An address of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Host(IpAddr);

impl FromStr for Host {
    type Err = String;

    fn from_str(text: &str) -> Result<Host, String> {
        if text == "localhost" {
            return Ok(Host(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        }
        let help = "write one such as `127.0.0.1`, `::1`, or `0.0.0.0` for every address";
        let read = text.parse::<IpAddr>().map(Host);
        read.map_err(|_| format!("it is no address of a machine; {help}"))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Serves the page until Ctrl-C.
pub(crate) fn run(arguments: &Arguments, console: &Console) -> Result<Status, Failure> {
    let given = match &arguments.topology {
        Some(argument) => Some(given(argument, console)?),
        None => None,
    };
    let (given, first) = match given {
        Some(Named::File(given)) => (Some(given), None),
        Some(Named::Shipped(name)) => (None, Some(name)),
        None => (None, None),
    };
    let address = SocketAddr::new(arguments.host.0, arguments.port);
    let server = Server::bind(Settings {
        address,
        threads: pipeline::threads(arguments.threads),
        shipped: shipped(),
        given,
        first,
    })
    .map_err(|error| unbound(address, &error))?;
    let stopper = server.stopper();
    interrupt::listen(move || stopper.stop())?;
    if !address.ip().is_loopback() {
        console.error(
            "warning: everybody who reaches this address can have this machine simulate\n  \
             help: leave `--host` out, or let a firewall decide who that is",
        );
    }
    console.result(&format!("{}\n", server.url()))?;
    let ended = server.run();
    ended.map_err(|error| Failure::refused(format!("`{address}` cannot be served: {error}")))?;
    Ok(Status::Met)
}

/// What an argument named.
enum Named {
    /// A file, or standard input.
    File(Given),
    /// A topology that the program carries.
    Shipped(String),
}

/// Reads the topology that an argument means.
fn given(argument: &str, console: &Console) -> Result<Named, Failure> {
    let input = Input::read(argument)?;
    let Some(directory) = input.directory.clone() else {
        return Ok(Named::Shipped(argument.to_owned()));
    };
    // Any other mistake is for the page to show.
    let text = spec::decode(&input.bytes).map_err(|found| {
        let colour = console.colours_messages();
        Failure::Diagnosed(diagnostic::render_for(
            &[found],
            &input.shown,
            &input.text(),
            colour,
            "nothing is served",
        ))
    })?;
    Ok(Named::File(Given {
        name: argument.to_owned(),
        text: text.to_owned(),
        shown: input.shown,
        directory,
    }))
}

/// Returns the topologies that the program carries, by what they are for.
fn shipped() -> Vec<Shipped> {
    let groups = shipped::groups().into_iter();
    let each = groups.flat_map(|(group, names)| names.into_iter().map(move |name| (group, name)));
    each.filter_map(|(group, name)| {
        Some(Shipped {
            group,
            name,
            text: shipped::text(name)?,
        })
    })
    .collect()
}

/// Says why an address cannot be listened at.
fn unbound(address: SocketAddr, error: &Error) -> Failure {
    let (ip, port) = (address.ip(), address.port());
    let kind = error.kind();
    if kind == ErrorKind::AddrInUse {
        return Failure::with_help(
            format!("port {port} of `{ip}` is in use"),
            "end what uses it, or give another: `--port 0` takes any that is free",
        );
    }
    if kind == ErrorKind::AddrNotAvailable {
        return Failure::with_help(
            format!("`{ip}` is no address of this machine"),
            "leave `--host` out, or give `0.0.0.0` for every address",
        );
    }
    if kind == ErrorKind::PermissionDenied {
        return Failure::with_help(
            format!("port {port} of `{ip}` needs rights that you do not have"),
            format!("give one from 1024 on, such as `--port {PORT}`"),
        );
    }
    Failure::refused(format!("`{address}` cannot be listened at: {error}"))
}
