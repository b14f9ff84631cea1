//! The arguments that `eval` and `why` share: which bundle, and which case.

use crate::case::{self, Case};
use crate::durations;
use crate::engine::{self, Engine};
use crate::exit::Failure;
use crate::package;
use crate::pipeline;
use crate::shell::Shell;
use mcpz_compiler::Build;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// Which bundle decides, and what it is asked.
#[derive(Debug, clap::Args)]
pub struct CaseArgs {
    /// The package, or a bundle (`.mcpzb`). By default the current package.
    package: Option<PathBuf>,

    /// The JSON-RPC message: a file, or `-` for standard input.
    #[arg(short, long, value_name = "FILE", help_heading = "Case")]
    message: Option<PathBuf>,

    /// A whole case as one JSON object: a file, or `-`. Other flags override its members.
    #[arg(short, long, value_name = "FILE", help_heading = "Case")]
    input: Option<PathBuf>,

    /// The credential: JSON, or `@FILE`. One link, a list of links (outermost actor first), or `anonymous`.
    #[arg(long = "as", value_name = "JSON", help_heading = "Case")]
    who: Option<String>,

    /// A scope of the credential; may be given several times.
    #[arg(long, value_name = "SCOPE", help_heading = "Case")]
    scope: Vec<String>,

    /// The time, as 2026-03-02T10:00:00Z. By default the clock's.
    #[arg(long, value_name = "INSTANT", help_heading = "Case")]
    at: Option<String>,

    /// Facts of `context`: a JSON object, or `@FILE`.
    #[arg(long, value_name = "JSON", help_heading = "Case")]
    context: Option<String>,

    /// What the stores answer: a JSON object, or `@FILE`. What it leaves out has not happened.
    #[arg(long, value_name = "JSON", help_heading = "Case")]
    state: Option<String>,

    /// Data in place of the bundle's: NAME=JSON, or NAME=@FILE; may be given several times.
    #[arg(long, value_name = "NAME=JSON", help_heading = "Case")]
    data: Vec<String>,

    /// The peer's address.
    #[arg(long, value_name = "ADDRESS", help_heading = "Case")]
    network: Option<IpAddr>,

    /// The server, by its name in the policy. May be left out when there is but one.
    #[arg(long, value_name = "NAME", help_heading = "Case")]
    server: Option<String>,

    /// Which way the message goes: `to_server`, or `to_client` for what servers ask.
    #[arg(long, value_name = "DIRECTION", help_heading = "Case")]
    direction: Option<String>,
}

impl CaseArgs {
    /// The bundle: read, or built from the package. None when the package has errors, which have been shown.
    pub fn engine(&self, shell: &mut Shell) -> Result<Option<Engine>, Failure> {
        Ok(self.built(shell)?.map(|(engine, _)| engine))
    }

    /// The bundle, with its build when it was built here.
    pub fn built(&self, shell: &mut Shell) -> Result<Option<(Engine, Option<Build>)>, Failure> {
        let path = self.package.as_deref().unwrap_or_else(|| Path::new(""));
        if path.extension().is_some_and(|extension| extension == "mcpzb") {
            return Ok(Some((Engine::load(&shell.read(path)?)?, None)));
        }
        let loaded = package::load(&shell.path(path))?;
        match pipeline::compile(&loaded, shell) {
            Some(compiled) => Ok(Some((Engine::load(&compiled.build.bytes)?, Some(compiled.build)))),
            None => Ok(None),
        }
    }

    /// The case.
    pub fn case(&self, shell: &Shell) -> Result<Case, Failure> {
        let mut case = Case::at(durations::now_ms());
        if let Some(path) = &self.input {
            case = case.read(&shell.read_text(path)?, &path.display().to_string())?;
        }
        self.override_members(&mut case, shell)?;
        if case.message.is_empty() {
            return Err(Failure::input("there is no message to decide")
                .with_help("`--message FILE` gives the message, `--input FILE` a whole case; `-` is standard input"));
        }
        if self.direction.is_none() {
            case.direction = engine::direction_of(&case.message, case.direction);
        }
        Ok(case)
    }

    /// Whether a message is given.
    pub fn has_case(&self) -> bool {
        self.message.is_some() || self.input.is_some()
    }

    fn override_members(&self, case: &mut Case, shell: &Shell) -> Result<(), Failure> {
        if let Some(path) = &self.message {
            case.message = shell.read(path)?.trim_ascii().to_vec();
        }
        if let Some(who) = &self.who {
            case.principal.chain = case::chain(&shell.text_or_file(who)?)?;
        }
        case.principal.scopes.extend(self.scope.iter().cloned());
        if let Some(at) = &self.at {
            case.now_ms = durations::instant_ms(at)?;
        }
        if let Some(context) = &self.context {
            case.context = Some(shell.text_or_file(context)?);
        }
        if let Some(state) = &self.state {
            case.state = case::state(&shell.text_or_file(state)?)?;
        }
        for entry in &self.data {
            let (name, value) = entry
                .split_once('=')
                .ok_or_else(|| Failure::input(format!("`--data {}`: write NAME=JSON", crate::escape::inline(entry))))?;
            case.data.insert(name.to_owned(), shell.text_or_file(value)?);
        }
        case.network = self.network.or(case.network);
        case.server = self.server.clone().or(case.server.take());
        if let Some(word) = &self.direction {
            case.direction = case::direction(word)?;
        }
        Ok(())
    }
}
