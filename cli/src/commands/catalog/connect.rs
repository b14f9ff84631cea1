//! `mcpz catalog connect URL`: a server over HTTP on standard input and output, one message a line. It is what
//! `mcpz catalog add --url` starts, so that a server over HTTP is captured as any other, in a process that certainly ends.

use crate::catalogs::place::Reach;
use crate::escape;
use crate::exit::{Failure, Outcome};
use crate::shell::Shell;
use mcpz_gateway::http::{Credential, bridge};
use mcpz_gateway::serve::http_server;
use std::time::Duration;

/// How long the server may take to begin an answer; whoever waits has a patience of its own.
const PATIENCE: Duration = Duration::from_secs(600);

/// Speak to a server over HTTP on standard input and output.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Its URL.
    url: String,

    #[command(flatten)]
    reach: Reach,
}

/// Carries messages until standard input ends.
pub fn run(args: &Args, shell: &Shell) -> Result<Outcome, Failure> {
    let credential = match (&args.reach.token_file, &args.reach.token_env) {
        (Some(path), _) => Credential::File(shell.path(path)),
        (None, Some(name)) => Credential::Variable(name.clone()),
        (None, None) => Credential::None,
    };
    let authorities = args.reach.authorities.as_ref().map(|path| shell.path(path));
    let server = http_server(&args.url, credential, authorities.as_deref(), PATIENCE)
        .map_err(|(of, problem)| Failure::input(format!("{of}: {}", escape::inline(&problem))))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| Failure::input(format!("no event loop could be made: {error}")))?;
    let carried = runtime.block_on(bridge(&server, tokio::io::stdin(), tokio::io::stdout()));
    // Reading standard input cannot be called off; nobody waits for it.
    runtime.shutdown_background();
    carried.map(|()| Outcome::Yes).map_err(|problem| Failure::server(escape::inline(&problem)))
}
