//! `cargo xtask clients`: real clients against real servers, through `mcpz run` and `mcpz gateway`.
//!
//! `tests/clients` holds the table and the clients; its README says what each must see. A *cell* of the matrix is
//! one client against one server over one transport. The era is what client and server agree on: it must be the
//! newest that both speak, as if nothing stood between them.

mod cell;
mod place;
pub mod rmcp;
mod table;

use crate::peers::{self, Peer};
use crate::steps::Failed;
use crate::{root, setup};
use cell::{Cell, Transport};
use place::Place;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use table::{Server, Table};

/// `cargo xtask clients`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Only servers of this name.
    #[arg(long)]
    pub server: Option<String>,
    /// Only clients whose name has this in it.
    #[arg(long)]
    pub client: Option<String>,
}

/// Runs every cell, prints the table, and fails when a cell does.
pub fn run(args: &Args) -> Result<(), Failed> {
    setup::run()?;
    let table = Table::read(&root::root().join("tests/clients/matrix.json"))?;
    let place = Place::make()?;
    println!("\n{:<26} {:<12} {:<16} {:<11} result", "client", "server", "transport", "era");
    let (mut done, mut failures) = (0, Vec::new());
    for (number, server) in table.servers.iter().enumerate() {
        if args.server.as_ref().is_some_and(|name| *name != server.name) {
            continue;
        }
        let stand = Stand::make(&place, server, number)?;
        for client in table.clients.iter().filter(|c| args.client.as_ref().is_none_or(|part| c.name.contains(part))) {
            for transport in stand.transports().filter(|transport| client.speaks(transport.word())) {
                let cell = Cell { client, server, transport: &transport, place: &place };
                let result = cell.run();
                done += 1;
                let (era, text) = match &result {
                    Ok(version) => (version.as_str(), "ok".to_owned()),
                    Err(Failed(why)) => ("", format!("FAILED: {why}")),
                };
                println!("{:<26} {:<12} {:<16} {era:<11} {text}", client.name, server.name, transport.name());
                if let Err(Failed(why)) = result {
                    failures.push(format!("{}, {}, {}: {why}", client.name, server.name, transport.name()));
                }
            }
        }
    }
    println!("\n{done} cells, {} failed", failures.len());
    match (done, failures.as_slice()) {
        (0, _) => Err(Failed("no client and server of that name".to_owned())),
        (_, []) => Ok(()),
        (_, failures) => Err(Failed(failures.join("\n"))),
    }
}

/// A server, ready to be reached over each transport.
struct Stand {
    stdio: Option<Transport>,
    http: Transport,
    /// The gateway, and the server behind it when it is one of HTTP.
    _running: Vec<Peer>,
}

impl Stand {
    /// Captures the catalog, puts the policy there, starts the gateway.
    fn make(place: &Place, server: &Server, number: usize) -> Result<Stand, Failed> {
        let command = place.words(&server.command);
        let environment: BTreeMap<String, String> =
            server.environment.iter().map(|(key, value)| (key.clone(), place.word(value))).collect();
        let mut running = Vec::new();
        let mut url = None;
        if let Some(http) = &server.http {
            let address = peers::free_address()?;
            let words = place.words(&http.command);
            let mut program = Command::new(&words[0]);
            program.args(&words[1..]).env(&http.port_in, address.port().to_string());
            running.push(Peer::start_listening(&mut program, address, &place.log(&format!("server-{number}")))?);
            url = Some(format!("http://{address}{}", http.path));
        }
        let package = package(place, (number, server), &command, &environment, url.as_deref())?;
        let variables: Vec<String> =
            environment.iter().map(|(key, value)| format!("{key}={value}")).chain(["PATH".to_owned()]).collect();
        let upstream = if url.is_none() { format!("environment = {variables:?}\n") } else { String::new() };
        let address = peers::free_address()?;
        let text = format!(
            "policy = {package:?}\n\n[listen]\naddress = \"{address}\"\n\n[identity]\nanonymous = true\n\n[server.{}]\n{upstream}",
            server.name
        );
        let config = place.folder.join(format!("gateway-{number}.toml"));
        fs::write(&config, text)?;
        running.push(Peer::gateway(&config, &place.log(&format!("gateway-{number}")))?);
        let url = format!("http://{address}/{}/mcp", server.name);
        let stdio = match server.http {
            None => Some(Transport::Stdio { command: behind_run(&package, &command)?, environment }),
            Some(_) => None,
        };
        let http = Transport::Http { url, to_http: server.http.is_some() };
        Ok(Stand { stdio, http, _running: running })
    }

    fn transports(&self) -> impl Iterator<Item = Transport> {
        self.stdio.clone().into_iter().chain([self.http.clone()])
    }
}

/// The command of a server behind `mcpz run`.
fn behind_run(package: &Path, command: &[String]) -> Result<Vec<String>, Failed> {
    let own = std::env::current_exe()?.display().to_string();
    let mut words = vec![own];
    words.extend(["mcpz", "run", "--policy"].map(str::to_owned));
    words.extend([package.display().to_string(), "--".to_owned()]);
    words.extend_from_slice(command);
    Ok(words)
}

/// A package for a server: its catalog captured now, its rules from `tests/clients/policies`.
fn package(
    place: &Place,
    (number, server): (usize, &Server),
    command: &[String],
    environment: &BTreeMap<String, String>,
    url: Option<&str>,
) -> Result<std::path::PathBuf, Failed> {
    let package = place.folder.join(format!("package-{number}-{}", server.name));
    if package.exists() {
        fs::remove_dir_all(&package)?;
    }
    fs::create_dir_all(&package)?;
    let manifest = format!("[package]\nname = \"matrix_{}\"\nversion = \"1.0.0\"\nedition = \"2026\"\n", server.name);
    fs::write(package.join("mcpz.toml"), manifest)?;
    let mut add = peers::mcpz()?;
    add.args(["catalog", "add", &server.name, "--acknowledge", "--"]).args(command).envs(environment);
    crate::steps::output(add.current_dir(&package))?;
    if let Some(url) = url {
        at_endpoint(&package.join("policy/servers.mcpz"), url)?;
    }
    let rules = root::root().join(format!("tests/clients/policies/{}.mcpz", server.name));
    fs::write(package.join("policy/rules.mcpz"), place.word(&fs::read_to_string(rules)?))?;
    Ok(package)
}

/// The captured `server` block says how it is started; over HTTP it says where it is.
fn at_endpoint(servers: &Path, url: &str) -> Result<(), Failed> {
    let text = fs::read_to_string(servers)?;
    let parts = text.split_once("command [").and_then(|(before, rest)| Some((before, rest.split_once("]\n")?.1)));
    let Some((before, after)) = parts else {
        return Err(Failed(format!("{}: no command was captured", servers.display())));
    };
    fs::write(servers, format!("{before}endpoint {url:?}\n{after}"))?;
    Ok(())
}
