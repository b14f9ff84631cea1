//! The steps of a session.

use super::Step;
use crate::client::Client;
use crate::document::{CURSOR, Document};
use crate::snippet::Snippet;
use crate::{Failed, Result, render, workspace};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Runs steps one after the other.
pub(super) struct Runner {
    binary: PathBuf,
    folder: TempDir,
    root: PathBuf,
    client: Option<Client>,
    documents: BTreeMap<String, Document>,
    current: String,
    /// The answer to the last `ask`.
    last: String,
    /// The `resultId` of the last answer that had one.
    result_id: Value,
}

impl Runner {
    pub fn new(binary: &Path) -> Result<Runner> {
        let folder = tempfile::tempdir()?;
        let root = std::fs::canonicalize(folder.path())?;
        Ok(Runner {
            binary: binary.to_owned(),
            folder,
            root,
            client: None,
            documents: BTreeMap::new(),
            current: String::new(),
            last: String::new(),
            result_id: Value::Null,
        })
    }

    /// Runs a step. Gives the answer, when the step has one.
    pub fn step(&mut self, step: &Step) -> Result<Option<String>> {
        let argument = step.argument.as_str();
        match step.name.as_str() {
            "package" => self.package(argument).map(|()| None),
            "file" => workspace::write(&self.root.join(argument), &step.body).map(|()| None),
            "start" => self.start(argument).map(|()| None),
            "open" => self.open(argument, &step.body).map(|()| None),
            "type" => self.type_text(argument).map(|()| None),
            "replace" => self.replace(argument).map(|()| None),
            "cursor" => self.cursor(argument).map(|()| None),
            "select" => self.select(argument).map(|()| None),
            "accept" => self.accept(argument).map(|()| None),
            "tab" => self.tab().map(|()| None),
            "check" => self.check().map(Some),
            "hierarchy" => self.hierarchy(argument).map(Some),
            "save" => self.tell("textDocument/didSave").map(|()| None),
            "close" => self.tell("textDocument/didClose").map(|()| None),
            "disk" => self.disk(argument, &step.body).map(|()| None),
            "text" => Ok(Some(self.document()?.text.clone())),
            "completion" => self.completion(argument).map(Some),
            "docs" => self.docs(argument).map(Some),
            "diagnostics" => self.diagnostics(argument).map(Some),
            "links" => self.links().map(Some),
            "lenses" => self.lenses().map(Some),
            "exists" => Ok(Some(if self.root.join(argument).exists() { "yes" } else { "no" }.to_owned())),
            "pushed" => self.pushed(argument).map(Some),
            "at" => self.at(argument).map(Some),
            "apply" => self.apply(argument).map(Some),
            "action" => self.action(argument).map(Some),
            "command" => self.command(argument).map(Some),
            "request" => self.request(argument).map(Some),
            "ask" => self.command(argument).map(|answer| self.last = answer).map(|()| None),
            "lines" => Ok(Some(self.lines(argument))),
            other => Err(Failed(format!("there is no step `{other}`"))),
        }
    }

    /// Ends the session; the server must leave cleanly.
    pub fn finish(self) -> Result<()> {
        let code = self.client.map_or(Ok(0), Client::shut_down)?;
        drop(self.folder);
        if code == 0 { Ok(()) } else { Err(Failed(format!("the server left with {code}"))) }
    }

    fn package(&mut self, name: &str) -> Result<()> {
        mcpz_test_kit::folder::copy(&workspace::repository().join("examples"), &self.root)?;
        self.root = self.root.join(name);
        Ok(())
    }

    fn start(&mut self, argument: &str) -> Result<()> {
        let mut given: Value = if argument.is_empty() { json!({}) } else { parse(argument)? };
        let options = given
            .as_object_mut()
            .and_then(|map| map.remove("options"))
            .unwrap_or_else(|| json!({"virtualDocuments": true}));
        let mut capabilities = json!({
            "textDocument": {
                "hover": {"contentFormat": ["markdown"]},
                "completion": {"completionItem": {"snippetSupport": true}},
            },
        });
        merge(&mut capabilities, &given);
        let mut client = Client::start(&self.binary)?;
        client.initialize(&self.root, capabilities, options)?;
        self.client = Some(client);
        Ok(())
    }

    fn client(&mut self) -> Result<&mut Client> {
        if self.client.is_none() {
            self.start("")?;
        }
        self.client.as_mut().ok_or_else(|| Failed::new("there is no server"))
    }

    fn document(&self) -> Result<&Document> {
        self.documents.get(&self.current).ok_or_else(|| Failed::new("no document is open"))
    }

    fn document_mut(&mut self) -> Result<&mut Document> {
        self.documents.get_mut(&self.current).ok_or_else(|| Failed::new("no document is open"))
    }

    /// Opens a document, or turns to one that is open.
    fn open(&mut self, path: &str, body: &str) -> Result<()> {
        self.current = path.to_owned();
        if self.documents.contains_key(path) && body.trim().is_empty() {
            return Ok(());
        }
        let full = self.root.join(path);
        let text =
            if body.trim().is_empty() { std::fs::read_to_string(&full).unwrap_or_default() } else { body.to_owned() };
        let document = Document::new(workspace::uri(&full), &text);
        let language = if path.ends_with(".mcpz") { "mcpz" } else { "toml" };
        let params =
            json!({"textDocument": {"uri": document.uri, "languageId": language, "version": 1, "text": document.text}});
        self.documents.insert(path.to_owned(), document);
        self.client()?.notify("textDocument/didOpen", params)
    }

    fn type_text(&mut self, text: &str) -> Result<()> {
        let text: String =
            if text.starts_with('"') { parse(text)?.as_str().unwrap_or_default().to_owned() } else { text.to_owned() };
        for c in text.chars() {
            let params = self.document_mut()?.type_over(&c.to_string());
            self.client()?.notify("textDocument/didChange", params)?;
        }
        Ok(())
    }

    fn replace(&mut self, argument: &str) -> Result<()> {
        let pair = parse(argument)?;
        let (old, new) =
            (pair[0].as_str().unwrap_or_default().to_owned(), pair[1].as_str().unwrap_or_default().to_owned());
        let document = self.document_mut()?;
        let start = document.text.find(&old).ok_or_else(|| Failed(format!("`{old}` is not in the document")))?;
        let cursor = new.find(CURSOR);
        let params = document.replace(start..start + old.len(), &new.replacen(CURSOR, "", 1));
        if let Some(cursor) = cursor {
            document.place(start + cursor);
        }
        self.client()?.notify("textDocument/didChange", params)
    }

    fn cursor(&mut self, marked: &str) -> Result<()> {
        let plain = marked.replacen(CURSOR, "", 1);
        let document = self.document_mut()?;
        let start = document.text.find(&plain).ok_or_else(|| Failed(format!("`{plain}` is not in the document")))?;
        document.place(start + marked.find(CURSOR).unwrap_or(0));
        Ok(())
    }

    fn select(&mut self, text: &str) -> Result<()> {
        let document = self.document_mut()?;
        let start = document.text.find(text).ok_or_else(|| Failed(format!("`{text}` is not in the document")))?;
        document.cursor = start + text.len();
        document.selected = start..document.cursor;
        Ok(())
    }

    /// Takes a completion as an editor does: the label must be offered for what is typed so far.
    fn accept(&mut self, label: &str) -> Result<()> {
        let items = self.completions()?;
        let (label, wants_snippet) = match label.strip_suffix(" (snippet)") {
            Some(label) => (label, true),
            None => (label, false),
        };
        let is_snippet = |item: &&Value| !wants_snippet || item["insertTextFormat"] == 2;
        let item = items.as_array().into_iter().flatten().filter(is_snippet).find(|item| item["label"] == label);
        let item =
            item.ok_or_else(|| Failed(format!("`{label}` is not offered: {}", render::completions(&items, ""))))?;
        let text = item["textEdit"]["newText"].as_str().unwrap_or_default();
        let snippet = match item["insertTextFormat"].as_i64() {
            Some(2) => Snippet::parse(text),
            _ => Snippet { text: text.to_owned(), places: Vec::new() },
        };
        let document = self.document_mut()?;
        let start = document.offset(&item["textEdit"]["range"]["start"]);
        let end = document.offset(&item["textEdit"]["range"]["end"]);
        // Lines of a snippet are indented as its first is.
        let indent: String = document.line_indent(start);
        let more = item["additionalTextEdits"].as_array().cloned().unwrap_or_default();
        let snippet = snippet.indented(&indent);
        let mut changes = vec![document.replace(start..end, &snippet.text)];
        let places = snippet.places.iter().rev().map(|place| start + place.start..start + place.end);
        document.places.extend(places);
        let cursor = document.cursor;
        let before = document.text.len();
        changes.extend(document.apply(&more));
        document.place(cursor + (document.text.len() - before));
        if !snippet.places.is_empty() {
            document.next_place();
        }
        for params in changes {
            self.client()?.notify("textDocument/didChange", params)?;
        }
        Ok(())
    }

    fn tab(&mut self) -> Result<()> {
        if self.document_mut()?.next_place() { Ok(()) } else { Err(Failed::new("there is no place to go to")) }
    }

    /// Saves everything and runs `mcpz check`. Gives what it says.
    fn check(&mut self) -> Result<String> {
        for (path, document) in &self.documents {
            workspace::write(&self.root.join(path), &document.text)?;
        }
        // From within the package: paths are shown from where the command runs.
        let binary = std::path::absolute(&self.binary)?;
        let output = Command::new(binary).arg("check").current_dir(&self.root).output()?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).replace(&self.root.display().to_string(), ".");
        Ok(format!("{}{}", if output.status.success() { "passes\n" } else { "fails\n" }, said))
    }

    /// `prepareCallHierarchy`, then the calls that come in or go out.
    fn hierarchy(&mut self, direction: &str) -> Result<String> {
        let items = self.ask_here("prepareCallHierarchy")?;
        let params = json!({"item": items[0]});
        let answer = self.client()?.request(&format!("callHierarchy/{direction}Calls"), params)?;
        Ok(render::value(&answer, &self.root))
    }

    fn tell(&mut self, method: &str) -> Result<()> {
        let id = self.document()?.id();
        if method == "textDocument/didClose" {
            self.documents.remove(&self.current.clone());
        }
        self.client()?.notify(method, json!({"textDocument": id}))
    }

    fn disk(&mut self, path: &str, body: &str) -> Result<()> {
        let full = self.root.join(path);
        workspace::write(&full, body)?;
        let change = json!({"uri": workspace::uri(&full), "type": 2});
        self.client()?.notify("workspace/didChangeWatchedFiles", json!({"changes": [change]}))
    }

    fn completions(&mut self) -> Result<Value> {
        let document = self.document()?;
        let params = json!({"textDocument": document.id(), "position": document.here()});
        self.client()?.request("textDocument/completion", params)
    }

    fn completion(&mut self, prefix: &str) -> Result<String> {
        let items = self.completions()?;
        Ok(render::completions(&items, prefix))
    }

    fn docs(&mut self, label: &str) -> Result<String> {
        let items = self.completions()?;
        let item = items.as_array().into_iter().flatten().find(|item| item["label"] == label);
        let item = item.ok_or_else(|| Failed(format!("`{label}` is not offered")))?;
        Ok(item["documentation"]["value"].as_str().unwrap_or_default().to_owned())
    }

    fn uri(&self, path: &str) -> String {
        let path = if path.is_empty() { self.current.as_str() } else { path };
        workspace::uri(&self.root.join(path))
    }

    fn diagnostics(&mut self, path: &str) -> Result<String> {
        let params = json!({"textDocument": {"uri": self.uri(path)}});
        let report = self.client()?.request("textDocument/diagnostic", params)?;
        Ok(render::diagnostics(&report["items"], &self.root))
    }

    /// Where the codes of the document's diagnostics lead, each once.
    fn links(&mut self) -> Result<String> {
        let params = json!({"textDocument": self.document()?.id()});
        let report = self.client()?.request("textDocument/diagnostic", params)?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let link = |item: &Value| format!("{} {}", text(&item["code"]), text(&item["codeDescription"]["href"]));
        let links: BTreeSet<String> = report["items"].as_array().into_iter().flatten().map(link).collect();
        Ok(links.into_iter().collect::<Vec<_>>().join("\n"))
    }

    /// The titles of the code lenses, by line.
    fn lenses(&mut self) -> Result<String> {
        let answer = self.ask_here("codeLens")?;
        let line = |lens: &Value| {
            format!(
                "{} {}",
                lens["range"]["start"]["line"].as_u64().unwrap_or(0) + 1,
                lens["command"]["title"].as_str().unwrap_or_default()
            )
        };
        Ok(answer.as_array().into_iter().flatten().map(line).collect::<Vec<_>>().join("\n"))
    }

    /// What the server has pushed for a file, once it says the same as a pull does.
    fn pushed(&mut self, path: &str) -> Result<String> {
        let uri = self.uri(path);
        let params = json!({"textDocument": {"uri": uri}});
        let report = self.client()?.request("textDocument/diagnostic", params)?;
        let wanted = report["items"].clone();
        let pushed = self.client()?.wait_until(&uri, |pushed| pushed["diagnostics"] == wanted)?;
        Ok(render::diagnostics(&pushed["diagnostics"], &self.root))
    }

    /// The parameters of a request about the cursor.
    fn params_here(&self, more: &str) -> Result<Value> {
        let document = self.document()?;
        let here = document.here();
        let mut params = json!({
            "textDocument": document.id(), "position": here,
            "range": {"start": document.position(document.selected.start), "end": document.position(document.selected.end)},
            "context": {"includeDeclaration": true, "diagnostics": [], "triggerKind": 1, "isRetrigger": false}, "options": {"tabSize": 4, "insertSpaces": true},
            "positions": [here],
        });
        if !more.is_empty() {
            merge(&mut params, &parse(more)?);
        }
        Ok(params)
    }

    fn ask_here(&mut self, argument: &str) -> Result<Value> {
        let (method, more) = argument.split_once(' ').unwrap_or((argument, ""));
        let mut params = self.params_here(more)?;
        if params["previousResultId"] == "last" {
            params["previousResultId"] = self.result_id.clone();
        }
        let method = if method.contains('/') { method.to_owned() } else { format!("textDocument/{method}") };
        let answer = self.client()?.request(&method, params)?;
        if let Some(id) = answer.get("resultId") {
            self.result_id = id.clone();
        }
        Ok(answer)
    }

    fn at(&mut self, argument: &str) -> Result<String> {
        match self.ask_here(argument) {
            Ok(answer) => Ok(render::value(&answer, &self.root)),
            Err(failed) => Ok(format!("error: {failed}")),
        }
    }

    /// Asks, and makes the edits of the answer.
    fn apply(&mut self, argument: &str) -> Result<String> {
        let answer = match self.ask_here(argument) {
            Ok(answer) => answer,
            Err(failed) => return Ok(format!("error: {failed}")),
        };
        match answer.as_array() {
            Some(edits) => self.edit_current(edits)?,
            None => return self.edit_workspace(&answer),
        }
        Ok(self.document()?.text.clone())
    }

    fn edit_current(&mut self, edits: &[Value]) -> Result<()> {
        let changes = self.document_mut()?.apply(edits);
        for params in changes {
            self.client()?.notify("textDocument/didChange", params)?;
        }
        Ok(())
    }

    /// Makes a workspace edit. Gives the files that changed, with what changed in them.
    fn edit_workspace(&mut self, edit: &Value) -> Result<String> {
        let mut shown = Vec::new();
        let by_uri = edit["changes"].as_object().cloned().unwrap_or_default();
        let mut changes: Vec<(String, Vec<Value>)> =
            by_uri.into_iter().map(|(uri, edits)| (uri, edits.as_array().cloned().unwrap_or_default())).collect();
        for change in edit["documentChanges"].as_array().into_iter().flatten() {
            let uri = change["textDocument"]["uri"].as_str().unwrap_or_default().to_owned();
            changes.push((uri, change["edits"].as_array().cloned().unwrap_or_default()));
        }
        changes.sort_by(|a, b| a.0.cmp(&b.0));
        for (uri, edits) in changes {
            let path = render::address(&uri, &self.root);
            shown.push(path.clone());
            for edit in &edits {
                let text = edit["newText"].as_str().unwrap_or_default().trim_end().replace('\n', "\n    | ");
                shown.push(format!("  {} {text}", render::range(&edit["range"])));
            }
            let before = std::mem::replace(&mut self.current, path.clone());
            self.open(&path, "")?;
            self.edit_current(&edits)?;
            self.current = before;
        }
        Ok(shown.join("\n"))
    }

    fn action(&mut self, title: &str) -> Result<String> {
        let document = self.document()?;
        let pull = json!({"textDocument": document.id()});
        let report = self.client()?.request("textDocument/diagnostic", pull)?;
        let mut params = self.params_here("")?;
        params["context"]["diagnostics"] = report["items"].clone();
        let actions = self.client()?.request("textDocument/codeAction", params)?;
        let actions = actions.as_array().cloned().unwrap_or_default();
        if title.is_empty() {
            let line = |action: &Value| {
                format!(
                    "{} [{}]",
                    action["title"].as_str().unwrap_or_default(),
                    action["kind"].as_str().unwrap_or_default()
                )
            };
            return Ok(actions.iter().map(line).collect::<Vec<_>>().join("\n"));
        }
        let wanted = actions.iter().find(|action| action["title"] == title);
        let wanted = wanted.ok_or_else(|| Failed(format!("`{title}` is not offered")))?;
        self.edit_workspace(&wanted["edit"])
    }

    fn command(&mut self, argument: &str) -> Result<String> {
        let (name, more) = argument.split_once(' ').unwrap_or((argument, ""));
        let document = self.document()?;
        let mut object = json!({"uri": document.uri});
        if !more.is_empty() {
            merge(&mut object, &parse(more)?);
        }
        if object["position"] == json!("here") {
            object["position"] = document.here();
        }
        let params = json!({"command": name, "arguments": [object]});
        match self.client()?.request("workspace/executeCommand", params) {
            Ok(answer) => Ok(render::value(&answer, &self.root)),
            Err(failed) => Ok(format!("error: {failed}")),
        }
    }

    /// The lines of the last answer that hold a text, without what stands around it in a picture.
    fn lines(&self, text: &str) -> String {
        let holding = self.last.lines().filter(|line| line.contains(text));
        holding.map(|line| line.trim_start_matches(['|', ' '])).collect::<Vec<_>>().join("\n")
    }

    fn request(&mut self, argument: &str) -> Result<String> {
        let (method, params) = argument.split_once(' ').unwrap_or((argument, "null"));
        let params = parse(params)?;
        match self.client()?.request(method, params) {
            Ok(answer) => Ok(render::value(&answer, &self.root)),
            Err(failed) => Ok(format!("error: {failed}")),
        }
    }
}

fn parse(text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|error| Failed(format!("`{text}`: {error}")))
}

/// Puts the members of one object into another, at every depth.
fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}
