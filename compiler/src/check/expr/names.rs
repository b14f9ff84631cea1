//! Paths: what `args.customer_id`, `user.claims.groups`, `blocked` and `u.host` stand for.
//!
//! The first segments name a local variable, a fact of the request, or something declared; the rest
//! are fields. Facts known of the place narrow its type on the way down.

use super::fields::{field_names, step};
use crate::check::arguments::few;
use crate::check::context::{Context, error_expr};
use crate::check::narrow::key_at;
use crate::check::scope::{Arguments, Env, Known, Scope};
use crate::diagnostics::codes::{e0306, e0307, e0309, e0310, e0311, e0312, e0315, e0405, e0413};
use crate::diagnostics::{Diagnostic, suggest};
use crate::hir::{Expr, ExprKind, Literal, Root, Span, Subject};
use crate::resolve::{Entity, Name, names};
use crate::types::{RecordType, Type};
use mcpz_syntax::ast;
use smol_str::SmolStr;

/// First words of the facts of a request.
pub(crate) const ROOT_WORDS: [&str; 13] = [
    "args", "prompt", "user", "agent", "claims", "spiffe", "uid", "context", "now", "network", "resource", "sample",
    "elicit",
];

/// A path.
pub(super) fn path(cx: &mut Context<'_>, env: &Env<'_>, path: &ast::Path) -> Expr {
    let segments = names(cx.place, path);
    let Some(first) = segments.first() else { return error_expr(cx.span_of(path)) };
    let (base, consumed) = if let Some(local) = env.local(&first.text) {
        let ty = local.ty.clone();
        (Expr { kind: ExprKind::Root(Root::Var(local.var)), ty, span: first.span }, 1)
    } else if let Some(found) = fact(cx, env.scope, &segments) {
        found
    } else {
        declared(cx, env, &segments)
    };
    let key = key_at(cx, path);
    descend(cx, env, base, &segments, consumed, &key)
}

/// Goes down the fields of a path.
fn descend(
    cx: &mut Context<'_>,
    env: &Env<'_>,
    base: Expr,
    segments: &[Name],
    consumed: usize,
    key: &[SmolStr],
) -> Expr {
    let mut value = base;
    value.ty = env.facts.apply(&key[..consumed.min(key.len())], value.ty);
    for (index, name) in segments.iter().enumerate().skip(consumed) {
        let root = match &value.kind {
            ExprKind::Root(root) => Some(root.clone()),
            _ => None,
        };
        let scope = env.scope;
        let mut special = |cx: &mut Context<'_>| missing_in_root(cx, scope, root.as_ref(), name);
        value = step(cx, value, name, &mut special);
        if root.as_ref().is_some_and(|root| hollow(cx, scope, root, name)) {
            value.ty = Type::Error;
        }
        value.ty = env.facts.apply(&key[..=index], value.ty);
        if value.ty == Type::Error {
            return error_expr(Span { end: segments[segments.len() - 1].span.end, ..value.span });
        }
    }
    value
}

/// A fact of the request, and how many segments name it.
fn fact(cx: &mut Context<'_>, scope: &Scope, segments: &[Name]) -> Option<(Expr, usize)> {
    let first = segments.first()?;
    let second = segments.get(1).map(|name| name.text.as_str());
    let one = first.span;
    let two = segments.get(1).map_or(one, |name| Span { end: name.span.end, ..one });
    Some(match (first.text.as_str(), second) {
        ("args", _) => (arguments(cx, &scope.args, Root::Args, "args", one), 1),
        ("prompt", Some("args")) => (arguments(cx, &scope.prompt_args, Root::PromptArgs, "prompt.args", two), 2),
        ("user", Some("claims")) => (claims(cx, &scope.user, Root::UserClaims, "user.claims", two), 2),
        ("agent", Some("claims")) => (claims(cx, &scope.agent, Root::AgentClaims, "agent.claims", two), 2),
        ("claims" | "spiffe" | "uid", _) => (credential(cx, scope, &first.text, one), 1),
        ("context", _) => (context(cx, scope, one), 1),
        ("now", _) => (simple(cx, &scope.request, Root::Now, Type::Instant, "now", one), 1),
        ("network", Some("source")) => {
            (simple(cx, &scope.request, Root::NetworkSource, Type::Ip.optional(), "network.source", two), 2)
        }
        ("resource", Some("uri")) => resource(cx, scope, segments, two),
        ("sample", _) => (simple(cx, &scope.sample, Root::Sample, sample_type(), "sample", one), 1),
        ("elicit", _) => (simple(cx, &scope.elicit, Root::Elicit, elicit_type(), "elicit", one), 1),
        ("user" | "agent", _) => (half_named(cx, segments, "claims"), segments.len()),
        ("network", _) => (half_named(cx, segments, "source"), segments.len()),
        ("resource", _) => (half_named(cx, segments, "uri"), segments.len()),
        ("prompt", _) => (half_named(cx, segments, "args"), segments.len()),
        _ => return None,
    })
}

/// `user` without `.claims`, and the like.
fn half_named(cx: &mut Context<'_>, segments: &[Name], wanted: &str) -> Expr {
    let first = &segments[0];
    match segments.get(1) {
        Some(second) => {
            let of = format!("`{}`", first.text);
            let near = suggest::nearest(&second.text, [wanted]);
            let known = format!("`{wanted}`");
            cx.report(e0307::unknown_field(second.span, &second.text, &of, near.as_deref(), &known));
        }
        None => {
            let help = format!("write `{}.{wanted}`", first.text);
            cx.report(e0315::not_a_value(first.span, &first.text, "group of facts", help));
        }
    }
    error_expr(first.span)
}

fn root(root: Root, ty: Type, span: Span) -> Expr {
    Expr { kind: ExprKind::Root(root), ty, span }
}

/// A fact of fixed type.
fn simple(cx: &mut Context<'_>, known: &Known<()>, which: Root, ty: Type, word: &str, span: Span) -> Expr {
    match known {
        Known::Yes(()) => root(which, ty, span),
        Known::No { why, help } => refuse(cx, word, e0311::not_here(span, word, why, help)),
        Known::Broken => error_expr(span),
    }
}

fn refuse(cx: &mut Context<'_>, word: &str, diagnostic: Diagnostic) -> Expr {
    let span = diagnostic.span;
    cx.report_once(format!("fact {word}"), diagnostic);
    error_expr(span)
}

fn arguments(cx: &mut Context<'_>, known: &Known<Arguments>, which: Root, word: &str, span: Span) -> Expr {
    match known {
        Known::Yes(arguments) => root(which, Type::Record(arguments.record.clone()), span),
        Known::No { why, help } => refuse(cx, word, e0311::not_here(span, word, why, help)),
        Known::Broken => error_expr(span),
    }
}

fn claims(cx: &mut Context<'_>, known: &Known<RecordType>, which: Root, word: &str, span: Span) -> Expr {
    match known {
        Known::Yes(record) => root(which, Type::Record(record.clone()), span),
        Known::No { why, help } => refuse(cx, word, e0310::not_known(span, word, why, help)),
        Known::Broken => error_expr(span),
    }
}

/// `claims`, `spiffe`, `uid` of the credential that a class is defined over.
fn credential(cx: &mut Context<'_>, scope: &Scope, word: &str, span: Span) -> Expr {
    let credential = match &scope.credential {
        Known::Yes(credential) => credential,
        Known::No { why, help } => return refuse(cx, word, e0311::not_here(span, word, why, help)),
        Known::Broken => return error_expr(span),
    };
    match word {
        "claims" => claims(cx, &credential.claims, Root::LinkClaims, word, span),
        "spiffe" => simple(cx, &credential.spiffe, Root::LinkSpiffe, Type::String, word, span),
        _ => simple(cx, &credential.uid, Root::LinkUid, Type::Int, word, span),
    }
}

/// `context`: every field may be missing at run time.
fn context(cx: &mut Context<'_>, scope: &Scope, span: Span) -> Expr {
    let mut record = cx.program().context.clone();
    record.fields = record.fields.into_iter().map(|(name, ty)| (name, ty.optional())).collect();
    simple(cx, &scope.request, Root::Context, Type::Record(record), "context", span)
}

/// `resource.uri`, or a variable of the rule's pattern.
fn resource(cx: &mut Context<'_>, scope: &Scope, segments: &[Name], span: Span) -> (Expr, usize) {
    let variables = match &scope.resource {
        Known::Yes(variables) => variables,
        _ => {
            let known = if scope.resource == Known::Broken { Known::Broken } else { not_known(&scope.resource) };
            return (simple(cx, &known, Root::ResourceUri, Type::String, "resource.uri", span), segments.len());
        }
    };
    let Some(variable) = segments.get(2) else { return (root(Root::ResourceUri, Type::String, span), 2) };
    if variables.contains(&variable.text) {
        let whole = Span { end: variable.span.end, ..span };
        return (root(Root::UriVariable(variable.text.clone()), Type::String, whole), 3);
    }
    let near = suggest::nearest(&variable.text, variables);
    let listing = suggest::listing(variables);
    let of = "the resource pattern";
    cx.report(e0307::unknown_field(variable.span, &variable.text, of, near.as_deref(), &listing));
    (error_expr(span), segments.len())
}

fn not_known<T>(known: &Known<T>) -> Known<()> {
    match known {
        Known::Yes(_) => Known::Yes(()),
        Known::No { why, help } => Known::no(why.clone(), help.clone()),
        Known::Broken => Known::Broken,
    }
}

fn sample_type() -> Type {
    record_type(&[("max_tokens", Type::Int), ("messages", Type::Int), ("model", Type::String.optional())])
}

fn elicit_type() -> Type {
    record_type(&[("asks_secret", Type::Bool), ("fields", Type::List(Box::new(Type::String))), ("mode", Type::String)])
}

fn record_type(fields: &[(&str, Type)]) -> Type {
    let fields = fields.iter().map(|(name, ty)| (SmolStr::new(name), ty.clone())).collect();
    Type::Record(RecordType { fields, open: false })
}

/// Something declared: data, a constant, a role, a segment.
fn declared(cx: &mut Context<'_>, env: &Env<'_>, segments: &[Name]) -> (Expr, usize) {
    let first = &segments[0];
    let Some((entity, consumed)) = cx.unit.symbols.value(cx.place, segments) else {
        unknown(cx, env, segments);
        return (error_expr(first.span), segments.len());
    };
    let last = &segments[consumed.saturating_sub(1).min(segments.len() - 1)];
    let span = Span { end: last.span.end, ..first.span };
    let value = match entity {
        Entity::Data(id) => {
            let ty = cx.program().data.get(id.index()).map_or(Type::Error, |data| data.ty.clone());
            root(Root::Data(id), ty, span)
        }
        Entity::Const(id) => match cx.consts.get(id.index()) {
            Some(Some(value)) => Expr { span, ..value.clone() },
            _ => error_expr(span),
        },
        Entity::Segment(id) => Expr { kind: ExprKind::Literal(Literal::Segment(id)), ty: Type::Segment, span },
        Entity::Class(id) => match &env.scope.caller {
            Known::Yes(()) => Expr { kind: ExprKind::HasSubject(Subject::Class(id)), ty: Type::Bool, span },
            Known::No { .. } => {
                cx.report(e0413::no_caller(span, &last.text));
                error_expr(span)
            }
            Known::Broken => error_expr(span),
        },
        other => {
            let help = match other {
                Entity::Label(_) => format!("write `session holds {0}`, or `args.x carries {0}`", last.text),
                _ => format!("call it: `{}(...)`", last.text),
            };
            cx.report(e0315::not_a_value(span, &last.text, other.kind().word(), help));
            error_expr(span)
        }
    };
    (value, consumed)
}

/// Reports a name that stands for nothing.
fn unknown(cx: &mut Context<'_>, env: &Env<'_>, segments: &[Name]) {
    let (package_segments, wrong) = match cx.unit.symbols.package_prefix(cx.place, segments) {
        Some((package, consumed)) if consumed < segments.len() => (Some(package), &segments[consumed]),
        _ => (None, &segments[0]),
    };
    // What is no identifier has been reported by the lexer, what an import or dependency in error gives, there.
    if !suggest::is_identifier(&wrong.text) || cx.unit.symbols.is_reported(cx.place, segments) {
        return;
    }
    let mut candidates: Vec<SmolStr> = match package_segments {
        Some(package) => cx.unit.symbols.declared_in(package, crate::resolve::symbols::Space::Word, |_| true),
        None => cx.unit.symbols.value_names(cx.place),
    };
    if package_segments.is_none() {
        candidates.extend(env.locals.iter().map(|local| local.name.clone()));
        candidates.extend(ROOT_WORDS.iter().map(SmolStr::new));
    }
    // A bare parameter name: `amount` for `args.amount`.
    if let Known::Yes(arguments) = &env.scope.args
        && arguments.record.fields.contains_key(&wrong.text)
        && segments.len() == 1
    {
        let full = format!("args.{}", wrong.text);
        cx.report_once(format!("name {}", wrong.text), e0309::unknown_name(wrong.span, &wrong.text, Some(&full)));
        return;
    }
    let near = suggest::nearest(&wrong.text, &candidates);
    cx.report_once(format!("name {}", wrong.text), e0309::unknown_name(wrong.span, &wrong.text, near.as_deref()));
}

/// Reports a field that `args` or claims lack, in the words of parameters and claims.
fn missing_in_root(cx: &mut Context<'_>, scope: &Scope, which: Option<&Root>, name: &Name) -> Option<Type> {
    let (arguments, record) = match which? {
        Root::Args => (scope.args.as_known(), None),
        Root::PromptArgs => (scope.prompt_args.as_known(), None),
        Root::UserClaims => (None, scope.user.as_known()),
        Root::AgentClaims => (None, scope.agent.as_known()),
        Root::LinkClaims => (None, scope.credential.as_known().and_then(|credential| credential.claims.as_known())),
        _ => return None,
    };
    let key = format!("missing {}", name.text);
    if let Some(arguments) = arguments {
        let known = field_names(&Type::Record(arguments.record.clone()));
        let near = suggest::nearest(&name.text, &known).map(|near| suggest::as_written(&near));
        let listing = suggest::listing(&known);
        let error = e0306::unknown_parameter(name.span, &name.text, near.as_deref(), &listing, arguments.of.as_deref());
        cx.report_once(key, error);
        return Some(Type::Error);
    }
    let known = field_names(&Type::Record(record?.clone()));
    let near = suggest::nearest(&name.text, &known).map(|near| suggest::as_written(&near));
    let listing = suggest::listing(&known);
    cx.report_once(key, e0312::unknown_claim(name.span, &name.text, near.as_deref(), &listing));
    Some(Type::Error)
}

/// In a restriction, a parameter that some targets lack makes it hollow. Whether that was so.
fn hollow(cx: &mut Context<'_>, scope: &Scope, which: &Root, name: &Name) -> bool {
    let arguments = match which {
        Root::Args => scope.args.as_known(),
        Root::PromptArgs => scope.prompt_args.as_known(),
        _ => None,
    };
    let lacking = arguments.and_then(|arguments| Some((arguments, arguments.lacking.get(&name.text)?)));
    let (Some((arguments, lacking)), true) = (lacking, scope.restriction) else { return false };
    let ty = arguments.record.fields.get(&name.text).map(Type::required);
    let kind = match ty {
        Some(Type::Path) => "paths(args)",
        Some(Type::Url) => "urls(args)",
        Some(Type::Host) => "hosts(args)",
        _ => "strings(args)",
    };
    let help = format!(
        "range over every parameter of the kind with `any(p in {kind}: ...)`, or name only targets that have it"
    );
    let error = e0405::hollow(name.span, &name.text, &few(lacking), &help);
    cx.report_once(format!("hollow {}", name.text), error);
    true
}

/// Why a place may be absent.
pub(super) fn why_optional(env: &Env<'_>, expr: &ast::Expr) -> String {
    let ast::Expr::Path(path) = expr else { return "it has no value when a part of it is absent".to_owned() };
    let segments: Vec<String> = path.segments().into_iter().map(|segment| segment.text).collect();
    match segments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["args", name, ..] => {
            let arguments = env.scope.args.as_known();
            match arguments.and_then(|arguments| arguments.lacking.get(*name)) {
                Some(lacking) => format!("{} has no parameter `{name}`", few(lacking)),
                None => "the schema does not require it".to_owned(),
            }
        }
        ["context", ..] => "the enforcement point may not supply it".to_owned(),
        ["network", ..] => "the peer's address is not always known".to_owned(),
        [_, "claims", ..] | ["claims", ..] => "the issuer declares it with `?`".to_owned(),
        _ => "nothing says that it is there".to_owned(),
    }
}

/// What people mean who write a method or property of another language.
pub(super) fn method_help(base: &str, name: &str, ty: &Type) -> Option<String> {
    Some(match name.to_ascii_lowercase().replace('_', "").as_str() {
        "startswith" | "hasprefix" => match ty {
            Type::Path => format!("write `{base} under \"/directory\"`"),
            _ => format!("write `{base} like \"prefix*\"`, or `under` for a path"),
        },
        "endswith" | "hassuffix" => format!("write `{base} like \"*suffix\"`"),
        "contains" | "includes" => format!("write `{base} contains \"text\"`"),
        "length" | "len" | "size" | "count" => format!("write `len({base})`, or `count({base})` for a collection"),
        "lower" | "tolower" | "tolowercase" | "lowercase" => format!("write `lower({base})`"),
        "upper" | "toupper" | "touppercase" | "uppercase" => format!("write `upper({base})`"),
        "matches" | "match" | "test" => format!("write `{base} matches r\"...\"`"),
        "host" | "scheme" | "port" if *ty == Type::String => format!("read it first: `url({base}).{name}`"),
        "name" | "extension" | "parent" if *ty == Type::String => format!("read it first: `path({base}).{name}`"),
        "hour" | "hours" | "time" if *ty == Type::Instant => format!("write `time({base}, \"Europe/Berlin\")`"),
        "weekday" | "day" if *ty == Type::Instant => format!("write `weekday({base}, \"Europe/Berlin\")`"),
        _ => return None,
    })
}
