//! Random edits between random requests and cancellations: no request fails inside, what is known in the end is what a fresh start
//! knows of the same texts, and memory does not grow.

use crate::client::Client;
use crate::document::Document;
use crate::made::{Random, memory_kb};
use crate::{Failed, Result, render, workspace};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// Requests that may wait at once.
const WAITING: usize = 48;
/// How much memory may grow after the first part of the edits, in kilobytes.
const GROWTH_KB: u64 = 60_000;
/// The code of an answer that failed inside the server.
const INTERNAL_ERROR: i64 = -32603;

/// Requests about a position.
const REQUESTS: [&str; 22] = [
    "textDocument/completion",
    "textDocument/hover",
    "textDocument/signatureHelp",
    "textDocument/inlayHint",
    "textDocument/definition",
    "textDocument/references",
    "textDocument/documentHighlight",
    "textDocument/prepareRename",
    "textDocument/rename",
    "textDocument/linkedEditingRange",
    "textDocument/documentSymbol",
    "textDocument/prepareCallHierarchy",
    "textDocument/semanticTokens/full",
    "textDocument/semanticTokens/range",
    "textDocument/foldingRange",
    "textDocument/selectionRange",
    "textDocument/documentLink",
    "textDocument/codeAction",
    "textDocument/codeLens",
    "textDocument/formatting",
    "textDocument/rangeFormatting",
    "textDocument/diagnostic",
];

/// Pieces that are typed. No carriage returns: a lone one ends a line in the protocol, but not in this client.
const PIECES: [&str; 29] = [
    "permit ",
    "forbid ",
    "{",
    "}",
    "\"",
    "args.",
    "payments.",
    "where ",
    "when ",
    "(",
    ")",
    "\n",
    ".",
    ",",
    " and ",
    "not ",
    "@id(\"x\")",
    "tag ",
    "any(x in strings(args): ",
    "session holds ",
    "test \"t\" {\n",
    "server s {",
    "role r of ",
    "😀",
    "// ",
    "/// ",
    "10m",
    "0..=",
    "use std.time\n",
];

/// Runs. Gives what to say in the end.
pub fn run(binary: &Path, edits: u64, seed: u64) -> Result<String> {
    let folder = tempfile::tempdir()?;
    mcpz_test_kit::folder::copy(&workspace::repository().join("examples"), folder.path())?;
    let root = std::fs::canonicalize(folder.path())?.join("payments");
    let mut torture = Torture::new(binary, &root, seed)?;
    let mut early_kb = 0;
    for edit in 0..edits {
        torture.edit()?;
        if torture.random.below(3) == 0 {
            torture.ask()?;
        }
        if edit == edits / 5 {
            early_kb = memory_kb(torture.client.process_id()).0;
        }
    }
    torture.settle(0)?;
    let late_kb = memory_kb(torture.client.process_id()).0;
    if late_kb > early_kb + GROWTH_KB {
        return Err(Failed(format!("memory grew from {early_kb} to {late_kb} kB")));
    }
    let (asked, cancelled) = (torture.asked, torture.cancelled);
    compare(binary, &root, torture)?;
    Ok(format!(
        "{edits} edits, {asked} requests, {cancelled} of them cancelled; memory {early_kb} kB early, {late_kb} kB late; diagnostics equal a fresh start's"
    ))
}

struct Torture {
    client: Client,
    random: Random,
    documents: Vec<Document>,
    originals: Vec<String>,
    waiting: BTreeSet<i64>,
    asked: u64,
    cancelled: u64,
}

/// Opens every policy of a package with these texts, or those on disk.
fn open_all(client: &mut Client, root: &Path, texts: Option<&[Document]>) -> Result<Vec<Document>> {
    let mut names: Vec<_> =
        std::fs::read_dir(root.join("policy"))?.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    names.sort();
    let mut documents = Vec::new();
    for (row, path) in names.iter().enumerate() {
        let text = match texts.and_then(|texts| texts.get(row)) {
            Some(document) => document.text.clone(),
            None => std::fs::read_to_string(path)?,
        };
        let mut document = Document::new(workspace::uri(path), "");
        document.text = text;
        let params =
            json!({"textDocument": {"uri": document.uri, "languageId": "mcpz", "version": 1, "text": document.text}});
        client.notify("textDocument/didOpen", params)?;
        documents.push(document);
    }
    Ok(documents)
}

impl Torture {
    fn new(binary: &Path, root: &Path, seed: u64) -> Result<Torture> {
        let mut client = Client::start(binary)?;
        client.initialize(root, json!({}), json!({}))?;
        let documents = open_all(&mut client, root, None)?;
        let originals = documents.iter().map(|document| document.text.clone()).collect();
        let waiting = BTreeSet::new();
        Ok(Torture { client, random: Random::new(seed), documents, originals, waiting, asked: 0, cancelled: 0 })
    }

    /// An offset at the edge of a character.
    fn offset(&mut self, row: usize) -> usize {
        let text = &self.documents[row].text;
        let mut at = self.random.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    /// One random edit. Now and then a text is put back, so that it does not end as rubbish.
    fn edit(&mut self) -> Result<()> {
        let row = self.random.below(self.documents.len());
        let start = self.offset(row);
        let (range, text) = match self.random.below(40) {
            0 => (0..self.documents[row].text.len(), self.originals[row].clone()),
            1..=25 => (start..start, PIECES[self.random.below(PIECES.len())].to_owned()),
            26..=35 => {
                let text = &self.documents[row].text;
                let mut end = (start + self.random.below(12)).min(text.len());
                while !text.is_char_boundary(end) {
                    end += 1;
                }
                (start..end, String::new())
            }
            _ => {
                let from = self.offset(row);
                let taken: String = self.documents[row].text[from..].chars().take(40).collect();
                (start..start, taken)
            }
        };
        // A text that only grows would only test long texts.
        let too_long = self.documents[row].text.len() > 4 * self.originals[row].len() + 4_000;
        let (range, text) =
            if too_long { (0..self.documents[row].text.len(), self.originals[row].clone()) } else { (range, text) };
        let params = self.documents[row].replace(range, &text);
        self.client.notify("textDocument/didChange", params)
    }

    /// One random request, cancelled one time in four.
    fn ask(&mut self) -> Result<()> {
        let row = self.random.below(self.documents.len());
        let at = self.offset(row);
        let document = &self.documents[row];
        let here = document.position(at);
        let method = REQUESTS[self.random.below(REQUESTS.len())];
        let params = json!({
            "textDocument": document.id(), "position": here, "range": {"start": here, "end": document.position(document.text.len())},
            "context": {"includeDeclaration": true, "diagnostics": [], "triggerKind": 1, "isRetrigger": false},
            "options": {"tabSize": 4, "insertSpaces": true}, "positions": [here], "newName": "renamed",
        });
        let id = self.client.ask(method, params)?;
        self.asked += 1;
        self.waiting.insert(id);
        if self.random.below(4) == 0 {
            self.client.notify("$/cancelRequest", json!({"id": id}))?;
            self.cancelled += 1;
        }
        self.settle(WAITING)
    }

    /// Waits until no more requests wait than this.
    fn settle(&mut self, most: usize) -> Result<()> {
        while self.waiting.len() > most {
            let Some(id) = self.waiting.pop_first() else { return Ok(()) };
            let answer = self.client.answer(id)?;
            if answer["error"]["code"] == INTERNAL_ERROR {
                return Err(Failed(format!("a request failed inside the server: {answer}")));
            }
        }
        Ok(())
    }
}

/// What the server knows in the end is what a fresh start knows of the same texts.
fn compare(binary: &Path, root: &Path, mut torture: Torture) -> Result<()> {
    let mut fresh = Client::start(binary)?;
    fresh.initialize(root, json!({}), json!({}))?;
    open_all(&mut fresh, root, Some(&torture.documents))?;
    for document in &torture.documents {
        let params = json!({"textDocument": document.id()});
        let ours = torture.client.request("textDocument/diagnostic", params.clone())?;
        let theirs = fresh.request("textDocument/diagnostic", params)?;
        if ours["items"] != theirs["items"] {
            let shown = |report: &Value| render::diagnostics(&report["items"], root);
            return Err(Failed(format!(
                "{}\n--- after the edits\n{}\n--- fresh\n{}",
                document.uri,
                shown(&ours),
                shown(&theirs)
            )));
        }
    }
    fresh.shut_down()?;
    let code = torture.client.shut_down()?;
    if code == 0 { Ok(()) } else { Err(Failed(format!("the server left with {code}"))) }
}
