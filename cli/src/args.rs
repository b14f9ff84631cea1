//! The command line.

use crate::commands;
use crate::exit::EXIT_CODES_HELP;
use crate::output::{Color, Format};
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// The policy language for zero-trust MCP.
///
/// A package of `.mcpz` files says which identity may use which tool of which MCP server, with which
/// parameters, in which context. `mcpz` checks, tests and compiles it, decides messages with it, and
/// explains what was decided.
#[derive(Debug, Parser)]
#[command(name = "mcpz", version, max_term_width = 100, after_help = EXIT_CODES_HELP)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// How to write results: for people, or as one JSON document. `check` also writes sarif and github, `test` junit and tap.
    #[arg(long, global = true, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    pub format: Format,

    /// When to use colour.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,

    /// Run as if started in this folder; the package is looked for here and in the folders above.
    #[arg(short = 'C', long = "directory", global = true, value_name = "DIR")]
    pub directory: Option<PathBuf>,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a package that checks, tests and builds at once.
    New(commands::new::Args),
    /// Find the mistakes in a package.
    Check(commands::check::Args),
    /// Bring sources into the one layout.
    Fmt(commands::fmt::Args),
    /// Compile a package to a bundle, or print a stage on the way.
    Build(commands::build::Args),
    /// Look into a bundle: sections, symbols, disassembly.
    Inspect(commands::inspect::Args),
    /// Draw decision trees, and the way that one request takes through them.
    Graph(commands::graph::Args),
    /// Decide one message, or a recorded session.
    Eval(commands::eval::Args),
    /// Explain a decision clause by clause.
    Why(commands::why::Args),
    /// Run the tests written in the package.
    Test(commands::test::Args),
    /// Serve an editor: the language server.
    Lsp(commands::lsp::Args),
    /// Write a package as a static site: who may do what, tool by tool and rule by rule.
    Doc(commands::doc::Args),
    /// Explain a diagnostic code.
    Explain(commands::explain::Args),
    /// Capture, pin and compare what servers declare.
    Catalog(commands::catalog::Args),
    /// Pin every catalog and dependency as they are now; the same as `catalog lock`.
    Lock(commands::catalog::lock::Args),
    /// Put a policy before MCP servers: every message of either side is decided.
    Gateway(commands::gateway::Args),
    /// Run one server over stdio behind a policy.
    Run(commands::run::Args),
    /// Prove, follow and export the audit log of a gateway.
    Audit(commands::audit::Args),
    /// Cut off a server, an agent or a tool, at once.
    Isolate(commands::isolate::Args),
    /// Let go again what was isolated.
    Restore(commands::restore::Args),
    /// Say how a running gateway stands, and what is isolated.
    Status(commands::status::Args),
    /// Print a completion script for a shell.
    Completions(commands::completions::Args),
}

impl Command {
    /// Whether the command writes this format: all write text for people, and JSON those whose output has no format of its own.
    pub fn writes(&self, format: Format) -> bool {
        match format {
            Format::Human => true,
            Format::Json => !self.prints_its_product(),
            Format::Sarif | Format::Github => matches!(self, Command::Check(_)),
            Format::Junit | Format::Tap => matches!(self, Command::Test(_)),
        }
    }

    /// Whether standard output is what the command makes: a picture, a bundle, a source, records, a script.
    fn prints_its_product(&self) -> bool {
        match self {
            Command::Fmt(args) => args.is_of_standard_input(),
            Command::Build(args) => args.prints_its_product(),
            Command::Graph(args) => args.prints_its_product(),
            Command::Audit(args) => args.is_export(),
            Command::Completions(_) => true,
            _ => false,
        }
    }
}
