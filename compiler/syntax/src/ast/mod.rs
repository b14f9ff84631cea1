//! The typed AST: a view of the lossless tree with a struct for every node and an accessor for every part.
//!
//! A node may come from broken text, so every part is an `Option` or a list. Nothing here checks meaning. Later passes use only
//! this module and never look at raw tokens: names come as [`Ident`], strings as [`StringLiteral`], values as
//! [`LiteralValue`](crate::literal::LiteralValue). Parentheses are transparent: accessors give what is inside them.

mod declarations;
mod expressions;
mod names;
mod rules;
mod servers;
mod subjects;
mod support;
mod testing;
mod types;

pub use declarations::*;
pub use expressions::*;
pub use names::*;
pub use rules::*;
pub use servers::*;
pub use subjects::*;
pub use testing::*;
pub use types::*;

use crate::token::SyntaxKind;
use crate::tree::SyntaxNode;
use rowan::TextRange;
use support::{ast_enum, ast_nodes};

/// A typed view of one node of the tree.
pub trait AstNode: Sized {
    /// The view, if the node is of this kind.
    fn cast(node: SyntaxNode) -> Option<Self>;

    /// The node itself.
    fn syntax(&self) -> &SyntaxNode;

    /// Where it stands, without the white space and comments around it.
    fn range(&self) -> TextRange {
        self.syntax().text_range()
    }
}

/// Items and grant permits: nodes that may carry `///` lines and annotations.
pub trait Documented: AstNode {
    /// The text of the `///` lines, joined by line breaks; empty if there are none.
    fn docs(&self) -> String {
        support::doc_text(self.syntax(), SyntaxKind::DocComment)
    }

    /// The annotations, in source order.
    fn annotations(&self) -> Vec<Annotation> {
        support::children(self.syntax())
    }

    /// The first annotation of this name.
    fn annotation(&self, name: &str) -> Option<Annotation> {
        self.annotations().into_iter().find(|annotation| annotation.name().is_some_and(|found| found.text == name))
    }

    /// The range of the word that opens it (`permit`, `server`); the whole range if there is none.
    fn keyword_range(&self) -> TextRange {
        support::keyword_range(self.syntax())
    }
}

ast_nodes! {
    /// A whole file.
    SourceFile,
}

impl SourceFile {
    pub(crate) fn root(node: SyntaxNode) -> SourceFile {
        SourceFile(node)
    }

    /// The text of the `//!` lines.
    pub fn docs(&self) -> String {
        support::doc_text(&self.0, SyntaxKind::FileDoc)
    }

    /// The items, in source order.
    pub fn items(&self) -> Vec<Item> {
        support::children(&self.0)
    }
}

ast_enum! {
    /// Anything that stands at the top level of a file.
    Item {
        /// `use std.time`
        Use(UseItem),
        /// `issuer corp { ... }`
        Issuer(Issuer),
        /// `user employee from corp where ...`
        User(User),
        /// `agent copilot from corp where ... acts for employee`
        Agent(Agent),
        /// `role analyst of employee where ...`
        Role(Role),
        /// `server payments { ... }`
        Server(Server),
        /// `profile reference { ... }`
        Profile(Profile),
        /// `tag destructive = ...`
        Tag(Tag),
        /// `label confidential from ...`
        Label(Label),
        /// `stores untrusted in ... by args.path`
        Stores(Stores),
        /// `segment dev { networks ... }`
        Segment(Segment),
        /// `flow dev -> pci only ...`
        Flow(Flow),
        /// `forbid flow dev -> pci`
        ForbidFlow(ForbidFlow),
        /// `context { ... }`
        Context(Context),
        /// `data payees: set<string> from "..."`
        Data(Data),
        /// `sensitive users.update: args.password`
        Sensitive(Sensitive),
        /// `declassify untrusted in ...`
        Declassify(Declassify),
        /// `predicate p(x: int) = ...`
        Predicate(Predicate),
        /// `const C = ...`
        Const(Const),
        /// `permit ... to call ...`
        Permit(PermitRule),
        /// `forbid ... to call ...`
        Forbid(ForbidRule),
        /// `require ... for ... to call ...`
        Require(RequireRule),
        /// `limit ... to call ... at most ...`
        Limit(LimitRule),
        /// `redact ... { ... }`
        Redact(RedactRule),
        /// `audit full for ... to call ...`
        Audit(AuditRule),
        /// `grant g to ... for at most 1h { ... }`
        Grant(Grant),
        /// `monitor m { when ... then ... }`
        Monitor(Monitor),
        /// `test "..." { ... }`
        Test(Test),
        /// `assert "...": never allow ...`
        Assert(Assert),
    }
}

impl Documented for Item {}

impl Item {
    /// The word that a rule begins with; none of what is no rule. A grant holds rules and is none.
    pub fn rule_word(&self) -> Option<&'static str> {
        match self {
            Item::Permit(_) => Some("permit"),
            Item::Forbid(_) => Some("forbid"),
            Item::Require(_) => Some("require"),
            Item::Limit(_) => Some("limit"),
            Item::Redact(_) => Some("redact"),
            Item::Audit(_) => Some("audit"),
            _ => None,
        }
    }
}
