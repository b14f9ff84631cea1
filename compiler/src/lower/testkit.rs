//! A small builder of typed programs, so that tests of lowering need no checker.

use crate::catalog::ToolSchema;
use crate::hir::*;
use crate::types::{RecordType, Type};
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// Classes of [`program`].
pub const EMPLOYEE: ClassId = ClassId(0);
/// An agent that acts for employees.
pub const COPILOT: ClassId = ClassId(1);
/// Employees in the group `analysts`.
pub const ANALYST: ClassId = ClassId(2);
/// Employees in the group `sre`.
pub const SRE: ClassId = ClassId(3);
/// The server with tools `get_invoice` and `refund`.
pub const PAYMENTS: ServerId = ServerId(0);
/// The server with resources and the prompt `summarize`.
pub const DOCS: ServerId = ServerId(1);
/// `payments.get_invoice`.
pub const GET_INVOICE: Member = Member { server: PAYMENTS, index: 0 };
/// `payments.refund`.
pub const REFUND: Member = Member { server: PAYMENTS, index: 1 };

/// A program without rules: the frame of the tests.
pub fn program() -> Program {
    let text = "rules\n".repeat(40);
    let source = Source { path: "acme/policy/main.mcpz".into(), text, package: PackageId(0) };
    let label = Label {
        name: "untrusted".into(),
        package: PackageId(0),
        sources: vec![(tool(GET_INVOICE), vec![])],
        span: span(0),
    };
    let data = Data {
        name: "blocked".into(),
        package: PackageId(0),
        ty: set_of(Type::String),
        path: "data/blocked.json".into(),
        value: Literal::List(vec![Literal::String("eve".into()), Literal::String("mallory".into())]),
        span: span(0),
    };
    Program {
        packages: vec![Package { name: "acme".into(), version: "1.2.3".into(), guard: false }],
        sources: vec![source],
        issuers: vec![issuer()],
        classes: classes(),
        servers: vec![payments(), docs()],
        labels: vec![label],
        data: vec![data],
        context: record(&[("risk", Type::Int.optional())]),
        ..Program::default()
    }
}

fn issuer() -> Issuer {
    Issuer {
        name: "corp".into(),
        package: PackageId(0),
        url: "https://id.acme.example".into(),
        audience: None,
        lifetime_ms: Some(900_000),
        bound: vec!["dpop".into()],
        claims: claims(),
        span: span(0),
    }
}

fn claims() -> RecordType {
    record(&[("groups", set_of(Type::String)), ("level", Type::Int.optional()), ("sub", Type::String)])
}

fn classes() -> Vec<Class> {
    let groups = || field(root(Root::LinkClaims, Type::Record(claims())), "groups", set_of(Type::String));
    let in_group = |name: &str| expr(ExprKind::Contains(Box::new(groups()), Box::new(text(name))), Type::Bool);
    let identity = || ClassDefinition::Identity { source: CredentialSource::Issuer(IssuerId(0)), condition: None };
    let narrow = |condition| ClassDefinition::Narrow { base: EMPLOYEE, condition: Some(condition) };
    vec![
        class("employee", PrincipalKind::User, identity(), vec![]),
        class("copilot", PrincipalKind::Agent, identity(), vec![EMPLOYEE]),
        class("analyst", PrincipalKind::User, narrow(in_group("analysts")), vec![]),
        class("sre", PrincipalKind::User, narrow(in_group("sre")), vec![]),
    ]
}

fn payments() -> Server {
    let refund = record(&[
        ("amount", Type::Decimal),
        ("count", Type::Int),
        ("payee", Type::String),
        ("note", Type::String.optional()),
        ("file", Type::Path.optional()),
        ("tags", Type::List(Box::new(Type::String)).optional()),
    ]);
    let invoice = record(&[("id", Type::String), ("customer_id", Type::String)]);
    Server { tools: vec![tool_row("get_invoice", invoice), tool_row("refund", refund)], ..server("payments") }
}

fn docs() -> Server {
    Server {
        prompts: vec![Prompt { name: "summarize".into(), input: record(&[("topic", Type::String)]) }],
        resources: vec!["file:///workspace/readme.md".into()],
        resource_templates: vec!["file:///workspace/{team}/{name}".into()],
        ..server("docs")
    }
}

fn server(name: &str) -> Server {
    Server {
        name: name.into(),
        package: PackageId(0),
        endpoint: None,
        command: vec![name.into()],
        spiffe: None,
        catalog_digest: "0".repeat(64),
        segment: None,
        egress: vec![],
        refuse_extra: true,
        unwraps: vec![],
        tools: vec![],
        prompts: vec![],
        resources: vec![],
        resource_templates: vec![],
        span: span(0),
    }
}

fn tool_row(name: &str, input: RecordType) -> Tool {
    Tool {
        name: name.into(),
        description: String::new(),
        input,
        deprecated: Default::default(),
        output: None,
        schema: ToolSchema { image: Default::default() },
        raw_schema: "{}".into(),
        hints: ToolHints { read_only: false, destructive: true, idempotent: false, open_world: true },
    }
}

fn class(name: &str, kind: PrincipalKind, definition: ClassDefinition, acts_for: Vec<ClassId>) -> Class {
    Class { name: name.into(), package: PackageId(0), kind, definition, acts_for, docs: String::new(), span: span(0) }
}

/// A record type.
pub fn record(fields: &[(&str, Type)]) -> RecordType {
    RecordType { fields: fields.iter().map(|(name, ty)| (SmolStr::from(*name), ty.clone())).collect(), open: false }
}

/// `set<ty>`.
pub fn set_of(ty: Type) -> Type {
    Type::Set(Box::new(ty))
}

/// A span on a line of the only source (each is six bytes long).
pub fn span(line: u32) -> Span {
    Span { source: SourceId(0), start: line * 6, end: line * 6 + 5 }
}

/// One tool as targets.
pub fn tool(member: Member) -> Targets {
    Targets { tools: BTreeSet::from([member]), ..Targets::default() }
}

/// A rule of this kind on `payments.refund`, for anyone, without conditions.
pub fn rule(kind: RuleKind, id: &str) -> Rule {
    Rule {
        kind,
        package: PackageId(0),
        id: id.into(),
        subject: Subject::Anyone,
        for_subject: None,
        actions: BTreeSet::from([Action::Call]),
        targets: tool(REFUND),
        where_: None,
        when: None,
        unless: None,
        message: None,
        severity: None,
        deny: None,
        shadow: false,
        grant: None,
        docs: String::new(),
        span: span(1),
        head_span: span(1),
    }
}

/// An expression on line 2.
pub fn expr(kind: ExprKind, ty: Type) -> Expr {
    Expr { kind, ty, span: span(2) }
}

/// A fact.
pub fn root(root: Root, ty: Type) -> Expr {
    expr(ExprKind::Root(root), ty)
}

/// A field.
pub fn field(base: Expr, name: &str, ty: Type) -> Expr {
    expr(ExprKind::Field(Box::new(base), name.into()), ty)
}

/// `args.NAME`.
pub fn arg(name: &str, ty: Type) -> Expr {
    field(root(Root::Args, Type::Record(RecordType::default())), name, ty)
}

/// A variable.
pub fn var(id: u32, ty: Type) -> Expr {
    root(Root::Var(VarId(id)), ty)
}

/// A text literal.
pub fn text(value: &str) -> Expr {
    expr(ExprKind::Literal(Literal::String(value.into())), Type::String)
}

/// An integer literal.
pub fn int(value: i64) -> Expr {
    expr(ExprKind::Literal(Literal::Int(value)), Type::Int)
}

/// A comparison.
pub fn compare(left: Expr, operator: Comparison, right: Expr) -> Expr {
    expr(ExprKind::Compare(operator, Box::new(left), Box::new(right)), Type::Bool)
}

/// A conjunction.
pub fn and(parts: Vec<Expr>) -> Expr {
    expr(ExprKind::And(parts), Type::Bool)
}

/// A disjunction.
pub fn or(parts: Vec<Expr>) -> Expr {
    expr(ExprKind::Or(parts), Type::Bool)
}

/// `any(VAR in over: body)`.
pub fn any(var: u32, over: Expr, body: Expr) -> Expr {
    let kind = ExprKind::Quantified {
        quantifier: Quantifier::Any,
        var: VarId(var),
        over: Box::new(over),
        body: Box::new(body),
    };
    expr(kind, Type::Bool)
}
