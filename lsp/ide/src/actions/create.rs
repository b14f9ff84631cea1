//! What a diagnostic says is missing: a role, a predicate, a label, a tag, a segment, data.

use super::{Action, ActionKind};
use crate::Package;
use crate::place::{TextEdit, index};
use crate::syntax::{around, bytes, token_at};
use crate::types::{path_type, scope_at};
use mcpz_compiler::diagnostics::Diagnostic;
use mcpz_compiler::diagnostics::suggest::is_identifier;
use mcpz_compiler::hir::{ClassDefinition, PrincipalKind, SourceId, Span};
use mcpz_syntax::ast::{Arg, AstNode, CallExpr, Expr};
use mcpz_syntax::{SyntaxKind, SyntaxToken};
use smol_str::SmolStr;

/// Declarations of a name that is not known.
pub(super) fn missing(package: &Package, diagnostic: &Diagnostic) -> Option<Action> {
    if !matches!(diagnostic.code, "E0102" | "E0309" | "E0313") {
        return None;
    }
    let name = package.slice(diagnostic.span);
    if !is_identifier(name) {
        return None;
    }
    let source = diagnostic.span.source;
    let token = token_at(&package.tree(source)?, diagnostic.span.start)?;
    // A name behind a qualifier belongs to another package.
    if token.prev_token().is_some_and(|before| before.kind() == SyntaxKind::Dot) {
        return None;
    }
    let (what, text) = declaration(package, &token, name)?;
    let at = end_of_item(package, diagnostic.span)?;
    let action = Action::new(format!("Create {what} `{name}`"), ActionKind::QuickFix);
    Some(action.edit(source, TextEdit::insert(at, format!("\n\n{text}"))))
}

/// What is declared, by the place that names it.
fn declaration(package: &Package, token: &SyntaxToken, name: &str) -> Option<(&'static str, String)> {
    let holder = token.parent()?.parent()?;
    Some(match holder.kind() {
        SyntaxKind::SubjectName | SyntaxKind::RoleBase | SyntaxKind::RoleUnion | SyntaxKind::Approvers => {
            ("role", format!("role {name} of {} where false", base(package)))
        }
        SyntaxKind::SessionHolds | SyntaxKind::ExpectLabel | SyntaxKind::CarriesExpr | SyntaxKind::Stores => {
            ("label", format!("label {name} from {}", some_tool(package)))
        }
        SyntaxKind::TargetTag => ("tag", format!("tag {name} = {}", some_tool(package))),
        SyntaxKind::Flow | SyntaxKind::ForbidFlow | SyntaxKind::SegmentEntry => {
            ("segment", format!("segment {name} {{ networks \"10.0.0.0/8\" }}"))
        }
        SyntaxKind::CallExpr => ("predicate", predicate(package, token, name)?),
        SyntaxKind::BinaryExpr if follows_in(token) => {
            ("data", format!("data {name}: set<string> from \"data/{name}.json\""))
        }
        _ => return None,
    })
}

/// The first user of the package: what a new role narrows.
fn base(package: &Package) -> String {
    let classes = &package.index.program.classes;
    let user = classes.iter().find(|class| {
        class.kind == PrincipalKind::User && matches!(class.definition, ClassDefinition::Identity { .. })
    });
    user.map_or_else(|| "employee".to_owned(), |class| class.name.to_string())
}

/// A tool to begin with.
fn some_tool(package: &Package) -> String {
    let server = package.index.program.servers.first();
    let tool = server.and_then(|server| server.tools.first());
    match (server, tool) {
        (Some(server), Some(tool)) => {
            format!("{}.{}", server.name, mcpz_compiler::diagnostics::suggest::as_written(&tool.name))
        }
        _ => "server.tool".to_owned(),
    }
}

/// A predicate with a parameter for each argument of the call, of its type.
fn predicate(package: &Package, token: &SyntaxToken, name: &str) -> Option<String> {
    let call = around(token, &[SyntaxKind::CallExpr]).and_then(CallExpr::cast)?;
    let source = call_source(package, token)?;
    let at = bytes(token.text_range()).start;
    let facts = scope_at(package, source, at).map(|row| row.facts.clone()).unwrap_or_default();
    let mut names: Vec<String> = Vec::new();
    let parameter = |(row, arg): (usize, &Arg)| {
        let value = arg.value();
        let path: Vec<SmolStr> = match &value {
            Some(Expr::Path(path)) => path.segments().iter().map(|ident| SmolStr::new(&ident.text)).collect(),
            _ => Vec::new(),
        };
        let range = value.map(|value| bytes(value.range()));
        let known =
            range.and_then(|range| package.index.types.get(&Span { source, start: range.start, end: range.end }));
        let ty = known.cloned().or_else(|| path_type(package, source, &facts, &[], &path));
        let own = path.last().map(SmolStr::as_str).filter(|own| is_free(own) && !names.iter().any(|name| name == own));
        names.push(own.map_or_else(|| format!("value{}", row + 1), str::to_owned));
        let name = names.last().map_or("", String::as_str);
        format!("{name}: {}", ty.map_or_else(|| "string".to_owned(), |ty| ty.required().to_string()))
    };
    let parameters: Vec<String> = call.args().iter().enumerate().map(parameter).collect();
    Some(format!("predicate {name}({}) = false", parameters.join(", ")))
}

/// Whether a parameter may have this name.
fn is_free(name: &str) -> bool {
    is_identifier(name) && SyntaxKind::from_word(name).is_none()
}

/// The source that a token of a tree came from: the one whose text has it.
fn call_source(package: &Package, token: &SyntaxToken) -> Option<SourceId> {
    let root = token.parent_ancestors().last()?;
    let text = root.text().to_string();
    package.loaded.files.iter().find(|file| package.text(file.source) == text).map(|file| file.source)
}

fn follows_in(token: &SyntaxToken) -> bool {
    let mut before = token.prev_token();
    while before.as_ref().is_some_and(|token| token.kind().is_trivia()) {
        before = before.and_then(|token| token.prev_token());
    }
    before.is_some_and(|token| token.kind() == SyntaxKind::InKw)
}

/// The end of the item around a span, or of the text.
fn end_of_item(package: &Package, span: Span) -> Option<u32> {
    let item = crate::definition::item_around(package, span)?;
    let end = bytes(item.range()).end;
    package.text(span.source).get(index(end)..).map(|_| end)
}
