//! Where a server is that is asked what it offers: behind a command, or at a URL.

use crate::exit::Failure;
use crate::shell::Shell;
use std::path::PathBuf;

/// How a server over HTTP lets us in.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Reach {
    /// A variable of the environment that holds a bearer token for a server over HTTP.
    #[arg(long, value_name = "NAME", conflicts_with = "token_file")]
    pub token_env: Option<String>,

    /// A file that holds a bearer token for a server over HTTP.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,

    /// Authorities that the certificate of a server over HTTP may come from, PEM; by default those of the web.
    #[arg(long, value_name = "FILE")]
    pub authorities: Option<PathBuf>,
}

impl Reach {
    /// Whether a credential is shown.
    pub fn has_token(&self) -> bool {
        self.token_env.is_some() || self.token_file.is_some()
    }
}

/// Where a server is.
pub enum Place<'a> {
    /// Behind this command.
    Command(&'a [String]),
    /// At this URL.
    Url(&'a str, &'a Reach),
}

impl Place<'_> {
    /// The URL, if it is at one.
    pub fn url(&self) -> Option<String> {
        match self {
            Place::Command(_) => None,
            Place::Url(url, _) => Some((*url).to_owned()),
        }
    }

    /// The command that speaks to it on standard input and output.
    pub fn command(&self, shell: &Shell) -> Result<Vec<String>, Failure> {
        let (url, reach) = match self {
            Place::Command(command) => return Ok(command.to_vec()),
            Place::Url(url, reach) => (url, reach),
        };
        let own = std::env::current_exe();
        let own = own.map_err(|error| Failure::input(format!("this program cannot be found: {error}")))?;
        let path = |path: &PathBuf| shell.path(path).display().to_string();
        let mut command = vec![own.display().to_string(), "catalog".to_owned(), "connect".to_owned()];
        for (option, value) in [
            ("--token-env", reach.token_env.clone()),
            ("--token-file", reach.token_file.as_ref().map(path)),
            ("--authorities", reach.authorities.as_ref().map(path)),
        ] {
            command.extend(value.into_iter().flat_map(|value| [option.to_owned(), value]));
        }
        command.extend(["--".to_owned(), (*url).to_owned()]);
        Ok(command)
    }
}
