//! `mcpz audit`: look into the log of a gateway, prove it, hand it to other systems.

use crate::escape;
use crate::exit::{Failure, Outcome};
use crate::output::{BAD, CAUTION, DIM, GOOD, NAME, styled};
use crate::shell::Shell;
use clap::{Subcommand, ValueEnum};
use mcpz_gateway::audit::AuditError;
use mcpz_gateway::audit::entry::{Entry, Reader};
use mcpz_gateway::audit::export::{self, Origin};
use mcpz_gateway::audit::keys::{self, PublicKey};
use mcpz_gateway::audit::verify::{self, Against, Report};
use notify::{RecursiveMode, Watcher};
use serde_json::json;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};

/// Prove, follow and export the audit log of a gateway.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: AuditCommand,
}

impl Args {
    /// Whether records are written in the format of another system.
    pub fn is_export(&self) -> bool {
        matches!(self.command, AuditCommand::Export(_))
    }
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Make the key that signs a log, and the public key that proves it.
    Keygen(KeygenArgs),
    /// Prove a log: nothing in it was changed, dropped, swapped or cut off.
    Verify(VerifyArgs),
    /// Show the last records, and follow new ones.
    Tail(TailArgs),
    /// Write records in the format of another system.
    Export(ExportArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mcpz audit keygen --out audit.key             # and audit.pub beside it
  mcpz audit keygen --out audit.key --public /etc/mcpz/audit.pub")]
struct KeygenArgs {
    /// The private key; only its owner may read it. A file that exists is never replaced.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// The public key [default: the private key's name with `.pub`].
    #[arg(long, value_name = "FILE")]
    public: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mcpz audit verify /var/log/mcpz --key audit.pub
  mcpz audit verify /var/log/mcpz --key audit.pub --head head-of-yesterday.json
  mcpz audit verify archive --key audit.pub --partial     # older segments were put away
  mcpz audit verify /var/log/mcpz --unsigned              # the chain alone: who can write it can forge it

Exit code 0 when the log is sound, 1 when it is not.")]
struct VerifyArgs {
    /// The folder of the log.
    folder: PathBuf,

    /// Public key that may have signed it; may be given several times.
    #[arg(long, value_name = "FILE", required_unless_present = "unsigned")]
    key: Vec<PathBuf>,

    /// Follow the chain without proving signatures.
    #[arg(long, conflicts_with = "key")]
    unsigned: bool,

    /// A copy of `head.json` that was kept elsewhere: the log must still reach as far.
    #[arg(long, value_name = "FILE")]
    head: Option<PathBuf>,

    /// The log may begin with a later segment than the first.
    #[arg(long)]
    partial: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mcpz audit tail /var/log/mcpz             # the last 20 records
  mcpz audit tail /var/log/mcpz -n 100
  mcpz audit tail /var/log/mcpz -f          # and every new one
  mcpz --format json audit tail /var/log/mcpz")]
struct TailArgs {
    /// The folder of the log.
    folder: PathBuf,

    /// How many records.
    #[arg(short = 'n', long = "lines", default_value_t = 20)]
    lines: usize,

    /// Go on with new records.
    #[arg(short, long)]
    follow: bool,

    /// Show checkpoints and the like too.
    #[arg(long)]
    all: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mcpz audit export /var/log/mcpz --as ocsf > events.jsonl
  mcpz audit export /var/log/mcpz --as cef
  mcpz audit export /var/log/mcpz --as rfc5424 --host gate-1

It exports what stands there: prove the log with `mcpz audit verify`.")]
struct ExportArgs {
    /// The folder of the log.
    folder: PathBuf,

    /// The format.
    #[arg(long = "as", value_enum, value_name = "FORMAT")]
    as_format: ExportFormat,

    /// The host that syslog messages name [default: this machine's name].
    #[arg(long)]
    host: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ExportFormat {
    /// Records as they are, each with its hash.
    Jsonl,
    /// OCSF: API Activity.
    Ocsf,
    /// Elastic Common Schema.
    Ecs,
    /// Common Event Format.
    Cef,
    /// Syslog, RFC 5424.
    Rfc5424,
}

impl ExportFormat {
    fn format(self) -> export::Format {
        match self {
            ExportFormat::Jsonl => export::Format::Jsonl,
            ExportFormat::Ocsf => export::Format::Ocsf,
            ExportFormat::Ecs => export::Format::Ecs,
            ExportFormat::Cef => export::Format::Cef,
            ExportFormat::Rfc5424 => export::Format::Rfc5424,
        }
    }
}

/// Runs one of them.
pub fn run(args: &Args, shell: &mut Shell) -> Result<Outcome, Failure> {
    match &args.command {
        AuditCommand::Keygen(args) => keygen(args, shell),
        AuditCommand::Verify(args) => verify(args, shell),
        AuditCommand::Tail(args) => tail(args, shell),
        AuditCommand::Export(args) => export(args, shell),
    }
}

fn failure(error: &AuditError) -> Failure {
    Failure::input(escape::inline(&error.to_string()))
}

fn unreadable(folder: &Path, error: &std::io::Error) -> Failure {
    Failure::input(format!("the log {} cannot be read: {error}", folder.display()))
        .with_help("give the folder that `[audit] folder` of the gateway's configuration names")
}

fn keygen(args: &KeygenArgs, shell: &mut Shell) -> Result<Outcome, Failure> {
    let private = shell.path(&args.out);
    let public = args.public.as_ref().map_or_else(|| private.with_extension("pub"), |path| shell.path(path));
    let key = keys::write_pair(&private, &public).map_err(|error| failure(&error))?;
    if shell.out.is_json() {
        let value =
            json!({"private": private.display().to_string(), "public": public.display().to_string(), "id": key.id()});
        shell.out.json(&value);
        return Ok(Outcome::Yes);
    }
    shell.out.line(format!("{} signs: keep it where the gateway alone can read it", styled(NAME, private.display())));
    shell.out.line(format!("{} proves: give it to who audits", styled(NAME, public.display())));
    shell.out.line(format!("key {}", key.id()));
    Ok(Outcome::Yes)
}

fn verify(args: &VerifyArgs, shell: &mut Shell) -> Result<Outcome, Failure> {
    let folder = shell.path(&args.folder);
    let keys: Result<Vec<PublicKey>, AuditError> =
        args.key.iter().map(|path| PublicKey::read(&shell.path(path))).collect();
    let against = Against {
        keys: keys.map_err(|error| failure(&error))?,
        head: args.head.as_ref().map(|path| shell.path(path)),
        partial: args.partial,
    };
    let report = verify::verify(&folder, &against).map_err(|error| unreadable(&folder, &error))?;
    match shell.out.is_json() {
        true => shell.out.json(&report_json(&report)),
        false => show_report(&report, args.unsigned, shell),
    }
    Ok(Outcome::yes_if(report.is_sound()))
}

fn report_json(report: &Report) -> serde_json::Value {
    let faults: Vec<_> = report
        .faults
        .iter()
        .map(|fault| json!({"file": fault.file, "line": fault.line, "kind": fault.kind.name(), "text": fault.kind.text()}))
        .collect();
    json!({
        "sound": report.is_sound(),
        "segments": report.segments,
        "records": report.records,
        "checkpoints": report.checkpoints,
        "first": report.first_seq,
        "last": report.last_seq,
        "unsigned": report.unsigned,
        "faults": faults,
    })
}

fn show_report(report: &Report, unsigned: bool, shell: &mut Shell) {
    for fault in &report.faults {
        let line = if fault.line > 0 { format!(":{}", fault.line) } else { String::new() };
        let place = format!("{}{line}", escape::inline(&fault.file));
        shell.out.line(format!("{} {place}: {}", styled(BAD, fault.kind.name()), fault.kind.text()));
    }
    let what = format!(
        "{} records ({} to {}) in {} segments, {} checkpoints",
        report.records, report.first_seq, report.last_seq, report.segments, report.checkpoints
    );
    let verdict = if report.is_sound() { styled(GOOD, "sound") } else { styled(BAD, "not sound") };
    shell.out.line(format!("{verdict}: {what}"));
    if report.unsigned > 0 {
        shell.out.line(format!("{} records behind the last checkpoint are not signed yet", report.unsigned));
    }
    if unsigned {
        shell.out.line(styled(CAUTION, "signatures were not proved: who can write the log can forge it whole"));
    }
}

fn tail(args: &TailArgs, shell: &mut Shell) -> Result<Outcome, Failure> {
    if args.follow && shell.out.is_json() {
        return Err(Failure::input("a log that is followed is no single JSON document")
            .with_help("`mcpz audit export --as jsonl` writes a line for each record"));
    }
    let folder = shell.path(&args.folder);
    let mut reader = Reader::new(&folder);
    let mut last: VecDeque<Entry> = VecDeque::new();
    let wanted = |entry: &Entry| args.all || !entry.is_bookkeeping();
    let unreadable_lines = reader
        .read(|entry| {
            if wanted(&entry) {
                last.push_back(entry);
            }
            if last.len() > args.lines {
                last.pop_front();
            }
        })
        .map_err(|error| unreadable(&folder, &error))?;
    if shell.out.is_json() {
        let records: Vec<_> = last.iter().map(|entry| json!({"hash": entry.hash, "record": entry.record})).collect();
        shell.out.json(&json!({"records": records}));
    } else {
        last.iter().for_each(|entry| shell.out.line(shown(entry)));
    }
    if args.follow {
        return follow(&folder, reader, wanted, shell);
    }
    all_records(unreadable_lines)
}

/// The end of what shows a log: lines that are no records were left out, and it says so.
fn all_records(unreadable_lines: u64) -> Result<Outcome, Failure> {
    if unreadable_lines == 0 {
        return Ok(Outcome::Yes);
    }
    let failure = Failure::input(format!("{unreadable_lines} lines of the log are no records and were left out"));
    Err(failure.with_help("`mcpz audit verify` says which"))
}

/// Shows new records as they come, until the process is ended.
fn follow(
    folder: &Path,
    mut reader: Reader,
    wanted: impl Fn(&Entry) -> bool,
    shell: &mut Shell,
) -> Result<Outcome, Failure> {
    let failed = |error: notify::Error| Failure::input(format!("{} cannot be followed: {error}", folder.display()));
    let (sender, events) = std::sync::mpsc::channel();
    let mut watcher = notify::recommended_watcher(sender).map_err(failed)?;
    watcher.watch(folder, RecursiveMode::NonRecursive).map_err(failed)?;
    loop {
        let mut lines = Vec::new();
        let read = reader.read(|entry| lines.extend(wanted(&entry).then(|| shown(&entry))));
        read.map_err(|error| unreadable(folder, &error))?;
        lines.iter().for_each(|line| shell.out.line(line));
        shell.out.flush();
        match events.recv() {
            Ok(Ok(_)) => while events.try_recv().is_ok() {},
            Ok(Err(error)) => return Err(failed(error)),
            Err(_) => return Ok(Outcome::Yes),
        }
    }
}

/// A record on one line. Everything in it that came from outside is escaped.
fn shown(entry: &Entry) -> String {
    let effect = entry.text("effect");
    let style = match effect {
        "allow" => GOOD,
        "challenge" => CAUTION,
        "deny" => BAD,
        _ => DIM,
    };
    let word = if effect.is_empty() { entry.text("kind") } else { effect };
    let chain: Vec<&str> = entry.chain().iter().map(|(_, _, subject)| *subject).collect();
    let parts =
        [entry.text("reason").to_owned(), export::title(entry), chain.join(" for "), entry.texts("rules").join(" ")];
    let parts: Vec<String> = parts.iter().filter(|part| !part.is_empty()).map(|part| escape::inline(part)).collect();
    let seq = entry.number("seq").map(|seq| seq.to_string()).unwrap_or_default();
    let word = styled(style, format!("{:<9}", escape::inline(word)));
    format!("{} {word} {}  {}", escape::inline(entry.text("time")), parts.join("  "), styled(DIM, format!("#{seq}")))
}

fn export(args: &ExportArgs, shell: &mut Shell) -> Result<Outcome, Failure> {
    let folder = shell.path(&args.folder);
    let host = args.host.clone().unwrap_or_else(|| {
        let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        name.trim().to_owned()
    });
    let origin = Origin { host };
    let unreadable_lines = Reader::new(&folder)
        .read(|entry| {
            if let Some(line) = export::line(args.as_format.format(), &entry, &origin) {
                shell.out.bytes(line.as_bytes());
                shell.out.bytes(b"\n");
            }
        })
        .map_err(|error| unreadable(&folder, &error))?;
    all_records(unreadable_lines)
}
