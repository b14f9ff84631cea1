//! Runs the corpus: one gateway for HTTP, one for each attempt on stdio.

use crate::corpus::{self, Attempt, Transport};
use crate::recorder::{Answers, Recorder};
use crate::{http, stdio};
use mcpz_test_kit::folder::{copy, uid};
use mcpz_test_kit::token::Issuer;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// What clients call the gateway.
const URL: &str = "https://mcp.acme.example";

/// What attempts need.
pub struct Place {
    /// `mcpz`.
    pub binary: PathBuf,
    /// The policy.
    pub package: PathBuf,
    /// The command of a recorder over stdio.
    pub recorder: Vec<String>,
    /// A file of hostile answers.
    pub answers: PathBuf,
    /// Where records are written.
    pub folder: PathBuf,
    /// The gateway over HTTP.
    pub gateway: SocketAddr,
    /// The server behind it.
    pub upstream: Recorder,
    /// A token of an agent that the policy knows.
    pub token: String,
    /// A token of another one.
    pub other_token: String,
}

/// What came of an attempt.
pub struct Seen {
    /// What the client was sent.
    pub said: Vec<String>,
    /// The status of the response.
    pub status: Option<u16>,
    /// Whether the server saw any of it.
    pub reached: bool,
    /// Whether the harmless call behind it reached the server; `None` when the gateway had left.
    pub control: Option<bool>,
}

/// What came of all.
#[derive(Debug, Default)]
pub struct Report {
    /// How many were refused as they should be.
    pub refused: usize,
    /// What went wrong.
    pub problems: Vec<String>,
}

/// A gateway that is stopped at the end.
pub struct Stopped(Child);

impl Stopped {
    /// Its process.
    pub fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        // It may have left by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs the whole corpus with a binary; `recorder` is a command that calls [`crate::recorder::stdio`].
pub fn run(binary: &Path, recorder: Vec<String>) -> Result<Report, String> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = corpus::read(&home.join("corpus"))?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let named = corpus.answers.iter().map(|answer| (answer.name.clone(), answer.text.clone().into()));
    let hostile: Answers = named.collect();
    let (place, _gateway) = prepare(binary, recorder, home, folder.path(), hostile)?;
    let mut report = Report::default();
    for (number, attempt) in corpus.attempts.iter().enumerate() {
        for transport in [Transport::Stdio, Transport::Http] {
            if !fits(attempt, transport) {
                continue;
            }
            let word = format!("canary-{number}-{}", u8::from(transport == Transport::Http));
            let seen = match (transport, &attempt.text) {
                (Transport::Stdio, Some(text)) => stdio::attempt(&place, text, &word),
                _ => http::attempt(&place, attempt, &word),
            };
            let name = format!("{} on {transport:?}", attempt.name);
            report.note(&name, seen.and_then(|seen| judge(attempt, &seen)));
        }
    }
    for (number, answer) in corpus.answers.iter().enumerate() {
        let word = format!("asked-{number}");
        for (transport, said) in [
            ("stdio", stdio::answered(&place, &answer.name, &word)),
            ("HTTP", http::answered(&place, &answer.name, &word)),
        ] {
            let outcome = said.and_then(|said| judge_answer(&answer.reason, &said.join("\n")));
            report.note(&format!("{} from a server on {transport}", answer.name), outcome);
        }
    }
    Ok(report)
}

impl Report {
    fn note(&mut self, name: &str, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => self.refused += 1,
            Err(problem) => self.problems.push(format!("{name}: {problem}")),
        }
    }
}

/// Whether an attempt can be made on a transport.
fn fits(attempt: &Attempt, transport: Transport) -> bool {
    let only = attempt.on.is_none_or(|on| on == transport);
    let is_http =
        attempt.text.is_none() || attempt.stateless || !attempt.headers.is_empty() || !attempt.more.is_empty();
    only && (transport == Transport::Http || !is_http)
}

/// Whether an attempt was refused as it should be.
fn judge(attempt: &Attempt, seen: &Seen) -> Result<(), String> {
    let said = seen.said.join("\n");
    if seen.reached {
        return Err(format!("the server saw it; the client was told {said:?}"));
    }
    if seen.control == Some(false) {
        return Err("the harmless call behind it did not reach the server".to_owned());
    }
    if let Some(status) = attempt.status
        && seen.status != Some(status)
    {
        return Err(format!("status {:?} in the place of {status}: {said:?}", seen.status));
    }
    let body = said.rsplit("\r\n\r\n").next().unwrap_or_default();
    if attempt.silent && body.contains("result") {
        return Err(format!("something was said: {said:?}"));
    }
    let reason = attempt.reason.as_ref().map(|reason| format!("\"{reason}\""));
    let code = attempt.code.map(|code| format!("\"code\":{code}"));
    for wanted in reason.into_iter().chain(code) {
        if !said.contains(&wanted) {
            return Err(format!("no {wanted} in {said:?}"));
        }
    }
    let says_something = attempt.status.is_some() || attempt.reason.is_some() || attempt.code.is_some();
    if says_something || attempt.silent { Ok(()) } else { Err("the corpus does not say what to expect".to_owned()) }
}

/// Whether a hostile answer was kept from the client.
fn judge_answer(reason: &str, said: &str) -> Result<(), String> {
    if said.contains("poison") {
        return Err(format!("the client saw it: {said:?}"));
    }
    match said.contains(&format!("\"{reason}\"")) {
        true => Ok(()),
        false => Err(format!("no \"{reason}\" in {said:?}")),
    }
}

/// A policy, a server over HTTP, and a gateway before it.
fn prepare(
    binary: &Path,
    recorder: Vec<String>,
    home: &Path,
    folder: &Path,
    hostile: Answers,
) -> Result<(Place, Stopped), String> {
    let failed = |error: std::io::Error| error.to_string();
    let answers = folder.join("answers.json");
    std::fs::write(&answers, serde_json::Value::from(hostile.clone()).to_string()).map_err(failed)?;
    let package = folder.join("package");
    copy(&home.join("package"), &package).map_err(failed)?;
    let uid = uid(folder).map_err(failed)?;
    let policy = package.join("policy/main.mcpz");
    let text = std::fs::read_to_string(&policy).map_err(failed)?;
    std::fs::write(&policy, text.replace("uid == 1000", &format!("uid == {uid}"))).map_err(failed)?;
    let issuer = Issuer::new("wire")?;
    std::fs::write(folder.join("keys.json"), issuer.keys().to_string()).map_err(failed)?;
    let upstream = Recorder::start(hostile).map_err(failed)?;
    let address = TcpListener::bind(("127.0.0.1", 0)).and_then(|free| free.local_addr()).map_err(failed)?;
    let config = format!(
        "policy = \"package\"\n[listen]\naddress = \"{address}\"\nurl = \"{URL}\"\nhosts = [\"{address}\"]\n\
         [identity.issuers.corp]\njwks_file = \"keys.json\"\nalgorithms = [\"EdDSA\"]\n\
         [limits]\nmessage_s = 2\n\
         [server.notes]\nurl = \"http://{}/mcp\"\n",
        upstream.address
    );
    std::fs::write(folder.join("gateway.toml"), config).map_err(failed)?;
    let gateway = gateway(binary, folder, address)?;
    let audience = format!("{URL}/notes/mcp");
    let place = Place {
        binary: binary.to_owned(),
        package,
        recorder,
        answers,
        folder: folder.to_owned(),
        gateway: address,
        upstream,
        token: issuer.token("agent:wire", &audience),
        other_token: issuer.token("agent:other", &audience),
    };
    Ok((place, gateway))
}

/// Starts the gateway and waits until it takes connections.
pub fn gateway(binary: &Path, folder: &Path, address: SocketAddr) -> Result<Stopped, String> {
    let mut command = Command::new(binary);
    command.args(["gateway", "--config"]).arg(folder.join("gateway.toml"));
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let mut child = child.map_err(|error| error.to_string())?;
    let errors = child.stderr.take();
    let mut stopped = Stopped(child);
    let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
    loop {
        if std::net::TcpStream::connect(address).is_ok() {
            if let Some(errors) = errors {
                std::thread::spawn(move || BufReader::new(errors).lines().map_while(Result::ok).for_each(drop));
            }
            return Ok(stopped);
        }
        let left = stopped.0.try_wait().map_err(|error| error.to_string())?;
        if left.is_some() || std::time::Instant::now() > end {
            let said = errors.map(|errors| BufReader::new(errors).lines().map_while(Result::ok).collect::<Vec<_>>());
            return Err(format!("the gateway did not start: {:?}", said.unwrap_or_default()));
        }
        std::thread::yield_now();
    }
}
