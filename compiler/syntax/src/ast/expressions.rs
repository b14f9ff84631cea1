//! Expressions.

use super::names::{Ident, Name, Path, StringLiteral};
use super::subjects::Target;
use super::support::{self, ast_enum, ast_nodes};
use super::types::Type;
use crate::error::{SyntaxError, codes};
use crate::literal::{self, LiteralValue};
use crate::token::SyntaxKind;
use crate::tree::SyntaxToken;
use rowan::TextRange;

ast_nodes! {
    /// `42`, `"text"`, `15m`, `true`, `null`, ...
    Literal,
    /// `[a, b]`
    ListExpr,
    /// `{k: v}`
    RecordExpr,
    /// `k: v`
    RecordField,
    /// `k`, `"quoted"`, `claims.groups` before the colon.
    RecordKey,
    /// `f(a, zone: b)`
    CallExpr,
    /// One argument of a call.
    Arg,
    /// `zone` of `zone: "..."`.
    ArgName,
    /// `f(x).a.b`
    FieldExpr,
    /// `-a`
    NegExpr,
    /// `not a`
    NotExpr,
    /// Comparison, `??`, `+`, `-`, `*`.
    BinaryExpr,
    /// `a and b and c`
    AndExpr,
    /// `a or b or c`
    OrExpr,
    /// `a..b`, `a..=b`, `a..`, `..=b`
    RangeExpr,
    /// `has args.path`
    HasExpr,
    /// `x is string`
    IsExpr,
    /// `args.x carries untrusted`
    CarriesExpr,
    /// `args.x seen in payees`
    SeenExpr,
    /// `if a then b else c`
    IfExpr,
    /// `all(x in xs: c)`
    AllExpr,
    /// `any(x in xs: c)`
    AnyExpr,
    /// `count(calls to T, ...)`, `sum(...)`, `sequence(...)`, `novel(...)`
    HistoryExpr,
    /// `calls`, `calls to T`
    HistoryCalls,
    /// `confidential read`
    HistoryRead,
    /// `by: session`
    HistoryBy,
    /// `within: 5m`
    HistoryArg,
    /// `session holds untrusted`
    SessionHolds,
}

ast_enum! {
    /// An expression.
    Expr {
        /// `42`
        Literal(Literal),
        /// `user.claims.groups`
        Path(Path),
        /// `[a, b]`
        List(ListExpr),
        /// `{k: v}`
        Record(RecordExpr),
        /// `f(a)`
        Call(CallExpr),
        /// `f(x).a`
        Field(FieldExpr),
        /// `-a`
        Neg(NegExpr),
        /// `not a`
        Not(NotExpr),
        /// `a == b`, `a ?? b`, `a + b`
        Binary(BinaryExpr),
        /// `a and b`
        And(AndExpr),
        /// `a or b`
        Or(OrExpr),
        /// `1..=100`
        Range(RangeExpr),
        /// `has args.path`
        Has(HasExpr),
        /// `x is string`
        Is(IsExpr),
        /// `args.x carries untrusted`
        Carries(CarriesExpr),
        /// `args.x seen in payees`
        Seen(SeenExpr),
        /// `if a then b else c`
        If(IfExpr),
        /// `all(x in xs: c)`
        All(AllExpr),
        /// `any(x in xs: c)`
        Any(AnyExpr),
        /// `count(calls to T, ...)`
        History(HistoryExpr),
        /// `session holds untrusted`
        SessionHolds(SessionHolds),
    }
}

impl Literal {
    /// The token.
    pub fn token(&self) -> Option<SyntaxToken> {
        support::tokens(&self.0).next()
    }

    /// The text as written.
    pub fn text(&self) -> String {
        self.token().map(|token| token.text().to_owned()).unwrap_or_default()
    }

    /// The literal, if it is a string.
    pub fn string(&self) -> Option<StringLiteral> {
        support::first_string(&self.0)
    }

    /// Whether it is a raw string, `r"..."`.
    pub fn is_raw_string(&self) -> bool {
        support::token(&self.0, SyntaxKind::RawString).is_some()
    }

    /// The value, or why there is none. A malformed number has been reported by the parser.
    pub fn value(&self) -> Result<LiteralValue, SyntaxError> {
        let text = self.text();
        let range = self.0.text_range();
        let malformed = || SyntaxError::new(codes::BAD_NUMBER, range, format!("`{text}` is no literal"));
        let token = self.token().ok_or_else(malformed)?;
        match token.kind() {
            SyntaxKind::TrueKw => Ok(LiteralValue::Bool(true)),
            SyntaxKind::FalseKw => Ok(LiteralValue::Bool(false)),
            SyntaxKind::NullKw => Ok(LiteralValue::Null),
            SyntaxKind::Int => literal::int(&text, range).map(LiteralValue::Int),
            SyntaxKind::Decimal => Ok(LiteralValue::Decimal(text.replace('_', ""))),
            SyntaxKind::String | SyntaxKind::RawString => Ok(LiteralValue::String(support::string(&token).value)),
            SyntaxKind::Duration => literal::duration_ms(&text, range).map(LiteralValue::Duration),
            SyntaxKind::Size => literal::size_bytes(&text, range).map(LiteralValue::Size),
            SyntaxKind::Time => literal::time(&text, range).map(LiteralValue::Time),
            SyntaxKind::Date => literal::date(&text, range).map(LiteralValue::Date),
            SyntaxKind::Instant => literal::instant(&text, range).map(LiteralValue::Instant),
            _ => Err(malformed()),
        }
    }
}

impl ListExpr {
    /// The elements.
    pub fn elements(&self) -> Vec<Expr> {
        support::children(&self.0)
    }
}

impl RecordExpr {
    /// The fields, in source order; keys may repeat.
    pub fn fields(&self) -> Vec<RecordField> {
        support::children(&self.0)
    }
}

impl RecordField {
    /// The segments of the key: one, or several for `claims.groups: ...`.
    pub fn key(&self) -> Vec<Ident> {
        support::child::<RecordKey>(&self.0).map(|key| support::idents(&key.0)).unwrap_or_default()
    }

    /// The value.
    pub fn value(&self) -> Option<Expr> {
        support::child(&self.0)
    }
}

impl CallExpr {
    /// What is called.
    pub fn callee(&self) -> Option<Path> {
        support::child(&self.0)
    }

    /// The arguments.
    pub fn args(&self) -> Vec<Arg> {
        support::children(&self.0)
    }
}

impl Arg {
    /// `zone` of `zone: "..."`.
    pub fn name(&self) -> Option<Ident> {
        support::first_ident(&support::child::<ArgName>(&self.0)?.0)
    }

    /// The value.
    pub fn value(&self) -> Option<Expr> {
        support::child(&self.0)
    }
}

impl FieldExpr {
    /// What has the fields; never a plain path.
    pub fn base(&self) -> Option<Expr> {
        support::child(&self.0)
    }

    /// The names after it, each of the value before.
    pub fn fields(&self) -> Vec<Ident> {
        support::idents(&self.0)
    }
}

impl NegExpr {
    /// What is negated.
    pub fn operand(&self) -> Option<Expr> {
        support::child(&self.0)
    }
}

impl NotExpr {
    /// What is denied.
    pub fn operand(&self) -> Option<Expr> {
        support::child(&self.0)
    }
}

/// An operator of two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BinaryOp {
    /// `==`
    Eq,
    /// `!=`
    NotEq,
    /// `<`
    Lt,
    /// `<=`
    LtEq,
    /// `>`
    Gt,
    /// `>=`
    GtEq,
    /// `in`
    In,
    /// `not in`
    NotIn,
    /// `contains`
    Contains,
    /// `like`
    Like,
    /// `matches`
    Matches,
    /// `under`
    Under,
    /// `??`
    Coalesce,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
}

impl BinaryOp {
    /// The operator as written.
    pub fn text(self) -> &'static str {
        match self {
            BinaryOp::Eq => "==",
            BinaryOp::NotEq => "!=",
            BinaryOp::Lt => "<",
            BinaryOp::LtEq => "<=",
            BinaryOp::Gt => ">",
            BinaryOp::GtEq => ">=",
            BinaryOp::In => "in",
            BinaryOp::NotIn => "not in",
            BinaryOp::Contains => "contains",
            BinaryOp::Like => "like",
            BinaryOp::Matches => "matches",
            BinaryOp::Under => "under",
            BinaryOp::Coalesce => "??",
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
        }
    }

    fn from_kind(kind: SyntaxKind) -> Option<BinaryOp> {
        Some(match kind {
            SyntaxKind::EqEq => BinaryOp::Eq,
            SyntaxKind::NotEq => BinaryOp::NotEq,
            SyntaxKind::Lt => BinaryOp::Lt,
            SyntaxKind::LtEq => BinaryOp::LtEq,
            SyntaxKind::Gt => BinaryOp::Gt,
            SyntaxKind::GtEq => BinaryOp::GtEq,
            SyntaxKind::InKw => BinaryOp::In,
            SyntaxKind::NotKw => BinaryOp::NotIn,
            SyntaxKind::ContainsKw => BinaryOp::Contains,
            SyntaxKind::LikeKw => BinaryOp::Like,
            SyntaxKind::MatchesKw => BinaryOp::Matches,
            SyntaxKind::UnderKw => BinaryOp::Under,
            SyntaxKind::Coalesce => BinaryOp::Coalesce,
            SyntaxKind::Plus => BinaryOp::Add,
            SyntaxKind::Minus => BinaryOp::Sub,
            SyntaxKind::Star => BinaryOp::Mul,
            _ => return None,
        })
    }
}

impl BinaryExpr {
    /// The left operand.
    pub fn lhs(&self) -> Option<Expr> {
        support::child(&self.0)
    }

    /// The operator.
    pub fn op(&self) -> Option<BinaryOp> {
        BinaryOp::from_kind(support::tokens(&self.0).next()?.kind())
    }

    /// Where the operator stands.
    pub fn op_range(&self) -> TextRange {
        let whole = self.0.text_range();
        support::tokens(&self.0).map(|token| token.text_range()).reduce(TextRange::cover).unwrap_or(whole)
    }

    /// The right operand.
    pub fn rhs(&self) -> Option<Expr> {
        support::nth_child(&self.0, 1)
    }
}

impl AndExpr {
    /// The operands, two or more.
    pub fn operands(&self) -> Vec<Expr> {
        support::children(&self.0)
    }
}

impl OrExpr {
    /// The operands, two or more.
    pub fn operands(&self) -> Vec<Expr> {
        support::children(&self.0)
    }
}

impl RangeExpr {
    fn operator(&self) -> Option<SyntaxToken> {
        support::tokens(&self.0).next()
    }

    fn operand(&self, before_operator: impl Fn(bool) -> bool) -> Option<Expr> {
        let at = self.operator()?.text_range().start();
        let side = |expr: &Expr| before_operator(super::AstNode::range(expr).start() < at);
        support::children::<Expr>(&self.0).into_iter().find(side)
    }

    /// The lower bound.
    pub fn start(&self) -> Option<Expr> {
        self.operand(|before| before)
    }

    /// The upper bound.
    pub fn end(&self) -> Option<Expr> {
        self.operand(|before| !before)
    }

    /// Whether the upper bound belongs to it (`..=`).
    pub fn is_inclusive(&self) -> bool {
        self.operator().is_some_and(|token| token.kind() == SyntaxKind::DotDotEq)
    }
}

impl HasExpr {
    /// What may be absent.
    pub fn path(&self) -> Option<Path> {
        support::child(&self.0)
    }
}

impl IsExpr {
    /// The value.
    pub fn operand(&self) -> Option<Expr> {
        support::child(&self.0)
    }

    /// The type it is asked for; `null` is a type name.
    pub fn ty(&self) -> Option<Type> {
        support::child(&self.0)
    }
}

impl CarriesExpr {
    /// The value; in a test always a path.
    pub fn operand(&self) -> Option<Expr> {
        support::child(&self.0)
    }

    /// The label.
    pub fn label(&self) -> Option<Path> {
        support::second_path(&self.0)
    }
}

impl SeenExpr {
    /// The value; in a test always a path.
    pub fn operand(&self) -> Option<Expr> {
        support::child(&self.0)
    }

    /// The name of the data it was seen in.
    pub fn source(&self) -> Option<Path> {
        support::second_path(&self.0)
    }
}

impl IfExpr {
    /// The condition.
    pub fn condition(&self) -> Option<Expr> {
        support::child(&self.0)
    }

    /// The value if it holds.
    pub fn then_value(&self) -> Option<Expr> {
        support::nth_child(&self.0, 1)
    }

    /// The value if it does not.
    pub fn else_value(&self) -> Option<Expr> {
        support::nth_child(&self.0, 2)
    }
}

/// The parts of `all(x in xs: c)` and `any(x in xs: c)`.
macro_rules! quantifier_parts {
    ($($name:ident),*) => { $(
        impl $name {
            /// The name of the element.
            pub fn element(&self) -> Option<Ident> {
                support::child::<Name>(&self.0)?.ident()
            }

            /// What is ranged over.
            pub fn collection(&self) -> Option<Expr> {
                support::child(&self.0)
            }

            /// The condition on each element.
            pub fn condition(&self) -> Option<Expr> {
                support::nth_child(&self.0, 1)
            }
        }
    )* };
}
quantifier_parts!(AllExpr, AnyExpr);

/// One step of `sequence(A, B)`, or the calls of `count`, `sum` and `novel`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryStep {
    /// `calls to T`, or `calls` for all of them.
    Calls(Option<Target>),
    /// `confidential read`: a result with this label came back.
    Read(Option<Path>),
}

impl HistoryExpr {
    /// `count`, `sum`, `sequence` or `novel`.
    pub fn function(&self) -> Option<Ident> {
        support::first_ident(&self.0)
    }

    /// The steps, each with its range; a bare target counts as `calls to` it.
    pub fn steps(&self) -> Vec<(HistoryStep, TextRange)> {
        let step = |node: crate::tree::SyntaxNode| {
            let range = node.text_range();
            let step = match node.kind() {
                SyntaxKind::HistoryCalls => HistoryStep::Calls(support::child(&node)),
                SyntaxKind::HistoryRead => HistoryStep::Read(support::child(&node)),
                _ => HistoryStep::Calls(Some(<Target as super::AstNode>::cast(node)?)),
            };
            Some((step, range))
        };
        self.0.children().filter_map(step).collect()
    }

    /// `by: session`: whose calls are counted together.
    pub fn by(&self) -> Option<Ident> {
        support::first_ident(&support::child::<HistoryBy>(&self.0)?.0)
    }

    /// All named arguments but `by`.
    pub fn args(&self) -> Vec<HistoryArg> {
        support::children(&self.0)
    }

    /// The value of a named argument: `of`, `within`, `baseline`.
    pub fn arg(&self, name: &str) -> Option<Expr> {
        self.args().into_iter().find(|arg| arg.name().is_some_and(|found| found.text == name))?.value()
    }
}

impl HistoryArg {
    /// The name.
    pub fn name(&self) -> Option<Ident> {
        support::first_ident(&support::child::<ArgName>(&self.0)?.0)
    }

    /// The value.
    pub fn value(&self) -> Option<Expr> {
        support::child(&self.0)
    }
}

impl SessionHolds {
    /// The label.
    pub fn label(&self) -> Option<Path> {
        support::child(&self.0)
    }
}
