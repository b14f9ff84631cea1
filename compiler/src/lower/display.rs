//! The rule set as text, for `mcpz build --emit rules` and snapshots.
//!
//! Terms are written in the words of the language as far as they go. A term that is large is cut
//! off: the text is for reading, and a condition with shared parts can be much longer written out
//! than it is.

use super::rules::{Clause, RuleSet, Scope, Target};
use super::term::{Matching, Slot, SubjectTerm, Tables, Term, TermId};
use crate::hir::canonical::{class_name, pattern_text, quoted, root_text, server_name};
use crate::hir::{
    Arithmetic, Comparison, Literal, ParameterKind, Program, Quantifier, Requirement, RuleKind, Span, Window,
};
use std::fmt::{self, Write as _};

/// Longest text of one clause, in bytes.
const MAX_CLAUSE_TEXT: usize = 2000;

/// A rule set with the program whose names it uses.
pub struct RulesText<'a> {
    /// The rules.
    pub rules: &'a RuleSet,
    /// Where they come from.
    pub program: &'a Program,
}

impl fmt::Display for RulesText<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for class in &self.rules.classes {
            writeln!(out, "class {}", class_name(self.program, class.class))?;
            self.clauses(out, &class.condition.clauses)?;
        }
        for rule in &self.rules.rules {
            let Some(source) = self.program.rules.get(rule.rule.index()) else {
                continue;
            };
            let shadow = if source.shadow { " shadow" } else { "" };
            let place = place(self.program, source.head_span);
            writeln!(out, "{}{shadow} {} ({place})", kind_word(&source.kind), source.id)?;
            for variant in &rule.variants {
                for scope in &variant.scopes {
                    writeln!(out, "  at      {}", scope_text(self.program, scope))?;
                }
                self.clauses(out, &variant.condition.clauses)?;
            }
            if let Some(amount) = rule.amount.as_ref().and_then(|amount| amount.clauses.first()) {
                writeln!(out, "  amount  {}", self.term(amount.term))?;
            }
        }
        Ok(())
    }
}

impl RulesText<'_> {
    fn clauses(&self, out: &mut fmt::Formatter<'_>, clauses: &[Clause]) -> fmt::Result {
        clauses.iter().try_for_each(|clause| writeln!(out, "  {:<7} {}", clause.kind.word(), self.term(clause.term)))
    }

    fn term(&self, id: TermId) -> String {
        term_text(self.program, &self.rules.tables, id)
    }
}

/// A term as text.
pub fn term_text(program: &Program, tables: &Tables, id: TermId) -> String {
    let mut writer = Writer { program, tables, out: String::new() };
    writer.term(id);
    writer.out
}

/// A place as a policy writes it.
pub fn slot_text(program: &Program, slot: &Slot) -> String {
    let mut text = root_text(program, &slot.root);
    for name in &slot.path {
        text.push('.');
        text.push_str(&quoted(name));
    }
    if let Some(pattern) = &slot.pattern {
        text.push_str(&format!(" of {:?}", pattern_text(pattern)));
    }
    text
}

/// A scope as text: `call payments.refund`.
pub fn scope_text(program: &Program, scope: &Scope) -> String {
    let server = scope.server.map_or_else(|| "*".to_string(), |server| server_name(program, server));
    let target = match &scope.target {
        Target::Any => "*".to_string(),
        Target::Name(name) => quoted(name),
        Target::Uri(pattern) => format!("uri({:?})", pattern_text(pattern)),
    };
    format!("{} {server}.{target}", scope.action.word())
}

/// The word for what a rule does.
pub fn kind_word(kind: &RuleKind) -> &'static str {
    match kind {
        RuleKind::Permit => "permit",
        RuleKind::Forbid => "forbid",
        RuleKind::Require(Requirement::Approval { .. }) => "require approval",
        RuleKind::Require(Requirement::Mfa { .. }) => "require mfa",
        RuleKind::Require(Requirement::Scope(_)) => "require scope",
        RuleKind::Limit(_) => "limit",
        RuleKind::Redact(_) => "redact",
        RuleKind::Audit(_) => "audit",
    }
}

/// `path:line` of a span.
pub fn place(program: &Program, span: Span) -> String {
    let Some(source) = program.sources.get(span.source.index()) else {
        return "?".to_string();
    };
    let start = usize::try_from(span.start).unwrap_or(usize::MAX);
    let line = source.text.bytes().take(start).filter(|byte| *byte == b'\n').count() + 1;
    format!("{}:{line}", source.path)
}

struct Writer<'a> {
    program: &'a Program,
    tables: &'a Tables,
    out: String,
}

impl Writer<'_> {
    fn term(&mut self, id: TermId) {
        if self.out.len() > MAX_CLAUSE_TEXT {
            self.push(format_args!("t{}", id.0));
            return;
        }
        match self.tables.get(id) {
            Term::Constant(constant) => match self.tables.constants.rows().get(constant.index()) {
                Some(row) => self.literal(&row.literal),
                None => self.out.push('?'),
            },
            Term::Absent => self.out.push_str("absent"),
            Term::Slot(slot) => self.slot(slot.index()),
            Term::Element(level) => self.push(format_args!("${level}")),
            Term::Field(of, name) => {
                self.term(*of);
                self.push(format_args!(".{}", quoted(name)));
            }
            Term::Collect(kind) => self.out.push_str(match kind {
                ParameterKind::Paths => "paths(args)",
                ParameterKind::Urls => "urls(args)",
                ParameterKind::Hosts => "hosts(args)",
                ParameterKind::Strings => "strings(args)",
            }),
            Term::List(items) => self.list("[", items, ", ", "]"),
            other => self.operation(other),
        }
    }

    fn operation(&mut self, term: &Term) {
        match term {
            Term::Native(native, of) => self.call(&format!("{native:?}").to_lowercase(), *of),
            Term::CountOf(of) => self.call("count", *of),
            // A boolean value where a test is wanted reads as itself.
            Term::Truth(of) => self.term(*of),
            Term::Not(of) => self.call("not", *of),
            Term::Has(of) => self.call("has", *of),
            Term::Arith { operation, left, right, .. } => {
                let sign = match operation {
                    Arithmetic::Add => "+",
                    Arithmetic::Sub => "-",
                    Arithmetic::Mul => "*",
                };
                self.infix(*left, sign, *right);
            }
            Term::Coalesce(left, right) => self.infix(*left, "??", *right),
            Term::Compare(operator, left, right) => self.infix(*left, comparison(*operator), *right),
            Term::In(left, right) => self.infix(*left, "in", *right),
            Term::Substring(left, right) => self.infix(*left, "contains", *right),
            Term::Under(left, right) => self.infix(*left, "under", *right),
            Term::InRange { of, low, high, end_inclusive } => {
                self.term(*of);
                self.out.push_str(" in ");
                low.iter().for_each(|end| self.term(*end));
                self.out.push_str(if *end_inclusive { "..=" } else { ".." });
                high.iter().for_each(|end| self.term(*end));
            }
            Term::Like(of, pattern) | Term::Matches(of, pattern) => {
                self.term(*of);
                self.out.push_str(if matches!(term, Term::Like(..)) { " like " } else { " matches " });
                if let Some(row) = self.tables.constants.rows().get(pattern.index()) {
                    self.literal(&row.literal);
                }
            }
            Term::Is(of, ty) => {
                self.term(*of);
                self.push(format_args!(" is {}", format!("{ty:?}").to_lowercase()));
            }
            other => self.fold(other),
        }
    }

    fn fold(&mut self, term: &Term) {
        match term {
            Term::All(parts) if parts.is_empty() => self.out.push_str("true"),
            Term::Any(parts) if parts.is_empty() => self.out.push_str("false"),
            Term::All(parts) => self.list("(", parts, " and ", ")"),
            Term::Any(parts) => self.list("(", parts, " or ", ")"),
            Term::If(condition, yes, no) => {
                self.out.push_str("(if ");
                self.term(*condition);
                self.out.push_str(" then ");
                self.term(*yes);
                self.out.push_str(" else ");
                self.term(*no);
                self.out.push(')');
            }
            Term::Quantified { quantifier, level, over, body } => {
                let word = if *quantifier == Quantifier::All { "all" } else { "any" };
                self.push(format_args!("{word}(${level} in "));
                self.term(*over);
                self.out.push_str(": ");
                self.term(*body);
                self.out.push(')');
            }
            Term::History(question, operand) => {
                if let Some(operand) = operand {
                    self.term(*operand);
                    self.out.push(' ');
                }
                if let Some(row) = self.tables.questions.rows().get(question.index()) {
                    self.push(format_args!("{}", row.text));
                }
            }
            Term::Subject { subject, matching, client } => {
                if *client {
                    self.out.push_str("for ");
                }
                self.subject(subject);
                self.out.push_str(if *matching == Matching::Narrow { " narrowly" } else { " anywhere" });
            }
            _ => self.out.push('?'),
        }
    }

    fn slot(&mut self, index: usize) {
        let Some(slot) = self.tables.slots.rows().get(index) else {
            return;
        };
        self.out.push_str(&slot_text(self.program, slot));
    }

    fn subject(&mut self, subject: &SubjectTerm) {
        match subject {
            SubjectTerm::Anyone => self.out.push_str("anyone"),
            SubjectTerm::Anonymous => self.out.push_str("anonymous"),
            SubjectTerm::AnyAgent => self.out.push_str("any agent"),
            SubjectTerm::AnyUser => self.out.push_str("any user"),
            SubjectTerm::Class(class) => self.push(format_args!("{}", class_name(self.program, *class))),
            SubjectTerm::Server(server) => self.push(format_args!("server {}", server_name(self.program, *server))),
            SubjectTerm::Either(members) => self.subjects("[", members, ", ", "]"),
            SubjectTerm::Both(members) => self.subjects("(", members, " & ", ")"),
            SubjectTerm::ActingFor(agent, user) => {
                self.subject(agent);
                self.out.push_str(" acting for ");
                self.subject(user);
            }
        }
    }

    fn subjects(&mut self, open: &str, members: &[SubjectTerm], between: &str, close: &str) {
        self.out.push_str(open);
        for (row, member) in members.iter().enumerate() {
            if row > 0 {
                self.out.push_str(between);
            }
            self.subject(member);
        }
        self.out.push_str(close);
    }

    fn literal(&mut self, literal: &Literal) {
        match literal {
            Literal::Null => self.out.push_str("null"),
            Literal::Bool(value) => self.push(format_args!("{value}")),
            Literal::Int(value) => self.push(format_args!("{value}")),
            Literal::Decimal(value) => self.push(format_args!("{}", decimal_text(*value))),
            Literal::String(text)
            | Literal::Host(text)
            | Literal::Url(text)
            | Literal::Path(text)
            | Literal::HostPattern(text)
            | Literal::Regex(text)
            | Literal::Glob { pattern: text, .. } => self.push(format_args!("{text:?}")),
            Literal::Net(address, prefix) => self.push(format_args!("{address}/{prefix}")),
            Literal::Ip(address) => self.push(format_args!("{address}")),
            Literal::Duration(milliseconds) => self.push(format_args!("{milliseconds}ms")),
            Literal::List(items) => {
                self.out.push('[');
                for (row, item) in items.iter().enumerate() {
                    if row > 0 {
                        self.out.push_str(", ");
                    }
                    self.literal(item);
                }
                self.out.push(']');
            }
            Literal::Window(window) => self.window(window),
            other => self.push(format_args!("{other:?}")),
        }
    }

    fn window(&mut self, window: &Window) {
        let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let chosen: Vec<&str> =
            days.iter().enumerate().filter(|(day, _)| window.days >> day & 1 == 1).map(|(_, name)| *name).collect();
        let clock = |seconds: u32| format!("{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
        self.push(format_args!("window({}, {}", window.zone, chosen.join(" ")));
        self.push(format_args!(", {}..{}", clock(window.from_s), clock(window.until_s)));
        for (word, day) in [("from", window.first_date), ("until", window.last_date)] {
            if let Some(day) = day {
                self.push(format_args!(", {word} day {day}"));
            }
        }
        self.out.push(')');
    }

    fn call(&mut self, name: &str, of: TermId) {
        self.push(format_args!("{name}("));
        self.term(of);
        self.out.push(')');
    }

    fn infix(&mut self, left: TermId, operator: &str, right: TermId) {
        self.term(left);
        self.push(format_args!(" {operator} "));
        self.term(right);
    }

    fn list(&mut self, open: &str, items: &[TermId], between: &str, close: &str) {
        self.out.push_str(open);
        for (row, item) in items.iter().enumerate() {
            if row > 0 {
                self.out.push_str(between);
            }
            self.term(*item);
        }
        self.out.push_str(close);
    }

    fn push(&mut self, text: fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.out.write_fmt(text);
    }
}

fn comparison(operator: Comparison) -> &'static str {
    match operator {
        Comparison::Eq => "==",
        Comparison::Ne => "!=",
        Comparison::Lt => "<",
        Comparison::Le => "<=",
        Comparison::Gt => ">",
        Comparison::Ge => ">=",
    }
}

/// A decimal, given times 10^18, without superfluous zeros.
fn decimal_text(value: i128) -> String {
    let unit = 10_i128.pow(18);
    let (whole, part) = (value.unsigned_abs() / unit.unsigned_abs(), value.unsigned_abs() % unit.unsigned_abs());
    let sign = if value < 0 { "-" } else { "" };
    if part == 0 {
        return format!("{sign}{whole}");
    }
    let digits = format!("{part:018}");
    format!("{sign}{whole}.{}", digits.trim_end_matches('0'))
}
