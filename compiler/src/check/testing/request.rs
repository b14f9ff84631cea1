//! `call payments.refund { ... }`, `read docs "docs://x"`, `list fs.write_file`, ...

use super::values::record;
use crate::check::context::Context;
use crate::diagnostics::codes::e0509;
use crate::hir::{Action, Member, Program, ServerId, TestRequest};
use crate::resolve::{Name, member, names};
use mcpz_syntax::ast;

/// The request of a test.
pub(super) fn request(cx: &mut Context<'_>, act: &ast::ActLine) -> Option<TestRequest> {
    let word = act.action()?;
    let path = act.path()?;
    let segments = names(cx.place, &path);
    let span = cx.span_of(act);
    let arguments = record(cx, act.record());
    let (list, action) = (word.text == "list", action(&word.text, &segments));
    let (server, name) = match action {
        Action::Read | Action::Subscribe => {
            let server = server(cx, &segments)?;
            // A missing URI has been reported by the parser.
            (server, act.uri()?.text().to_owned())
        }
        Action::Sample | Action::Elicit | Action::Roots => (server(cx, &segments)?, String::new()),
        Action::Call | Action::Get | Action::Complete => named(cx, &segments, action, &word)?,
    };
    Some(TestRequest { list, action, server, name, arguments: arguments?, span })
}

fn action(word: &str, segments: &[Name]) -> Action {
    match word {
        "read" => Action::Read,
        "subscribe" => Action::Subscribe,
        "get" => Action::Get,
        "complete" => Action::Complete,
        "sample" => Action::Sample,
        "elicit" => Action::Elicit,
        "roots" => Action::Roots,
        "list" if segments.len() == 1 => Action::Read,
        _ => Action::Call,
    }
}

fn server(cx: &mut Context<'_>, segments: &[Name]) -> Option<ServerId> {
    cx.unit.symbols.server(cx.place, segments, cx.sink)
}

/// A tool or prompt.
fn named(cx: &mut Context<'_>, segments: &[Name], action: Action, word: &ast::Ident) -> Option<(ServerId, String)> {
    let [.., last] = segments else { return None };
    if segments.len() < 2 {
        let what = if action == Action::Call { "tool" } else { "prompt" };
        let message = format!("`{}` wants a {what} of a server", word.text);
        let help = format!("write `{} {}.NAME {{ ... }}`", word.text, last.text);
        cx.report(e0509::bad_request(last.span, &message, &help));
        return None;
    }
    let found = member(cx.unit, cx.place, segments, action, cx.sink)?;
    Some((found.server, name_of(cx.program(), found, action)?))
}

fn name_of(program: &Program, member: Member, action: Action) -> Option<String> {
    let server = program.servers.get(member.server.index())?;
    let row = usize::try_from(member.index).ok()?;
    Some(match action {
        Action::Get | Action::Complete => server.prompts.get(row)?.name.to_string(),
        _ => server.tools.get(row)?.name.to_string(),
    })
}

/// The tool that a request calls.
pub(super) fn tool_of(program: &Program, request: &TestRequest) -> Option<Member> {
    let server = program.servers.get(request.server.index())?;
    let row = server.tools.iter().position(|tool| tool.name == request.name)?;
    Some(Member { server: request.server, index: u32::try_from(row).ok()? })
}
