//! The token table: every kind of token and node, and every word of the language.
//!
//! Terms. A *reserved* word is never a name, except after a `.` and as a key. A *clause* word cannot be declared as a
//! name and cannot start one, so that a clause always ends where the next begins. A *soft* word (`endpoint`, `mfa`, `drop`)
//! means something in one position only and is an ordinary identifier elsewhere; the lexer does not know it.
//! A *root* word is reserved or a clause word that still starts a path when a `.` follows (`user.claims.groups`).

use std::fmt;

macro_rules! token_table {
    (
        tokens { $($token:ident)* }
        reserved { $($rkind:ident $rtext:literal)* }
        clause { $($ckind:ident $ctext:literal)* }
        nodes { $($node:ident)* }
    ) => {
        /// The kind of a token or of a tree node.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        #[expect(missing_docs, reason = "the names are the documentation; grammar/mcpz.pest defines each")]
        pub enum SyntaxKind { $($token,)* $($rkind,)* $($ckind,)* $($node,)* }

        impl SyntaxKind {
            const ALL: &[SyntaxKind] =
                &[$(SyntaxKind::$token,)* $(SyntaxKind::$rkind,)* $(SyntaxKind::$ckind,)* $(SyntaxKind::$node,)*];

            /// The kind of a reserved or clause word; `None` for an ordinary identifier.
            pub fn from_word(word: &str) -> Option<SyntaxKind> {
                match word {
                    $($rtext => Some(SyntaxKind::$rkind),)*
                    $($ctext => Some(SyntaxKind::$ckind),)*
                    _ => None,
                }
            }

            /// How a reserved or clause word is written; `None` for any other kind.
            pub fn word(self) -> Option<&'static str> {
                match self {
                    $(SyntaxKind::$rkind => Some($rtext),)*
                    $(SyntaxKind::$ckind => Some($ctext),)*
                    _ => None,
                }
            }
        }

        /// The reserved and clause words, in table order.
        const HARD_WORDS: &[Keyword] = &[
            $(Keyword { text: $rtext, class: WordClass::Reserved },)*
            $(Keyword { text: $ctext, class: WordClass::Clause },)*
        ];
    };
}

token_table! {
    tokens {
        Whitespace Comment DocComment FileDoc Unknown
        Ident SoftKw BadNumber
        Int Decimal String RawString Duration Size Time Date Instant
        LParen RParen LBracket RBracket LBrace RBrace Comma Colon Dot At Arrow
        Assign EqEq NotEq Lt LtEq Gt GtEq Plus Minus Star Question Coalesce DotDot DotDotEq Amp Pipe
        Eof
    }
    reserved {
        UseKw "use" IssuerKw "issuer" UserKw "user" AgentKw "agent" RoleKw "role" ServerKw "server" ProfileKw "profile" TagKw "tag"
        LabelKw "label" StoresKw "stores" SegmentKw "segment" FlowKw "flow" ContextKw "context" DataKw "data"
        SensitiveKw "sensitive" DeclassifyKw "declassify" PredicateKw "predicate" ConstKw "const"
        PermitKw "permit" ForbidKw "forbid" RequireKw "require" LimitKw "limit" RedactKw "redact" AuditKw "audit"
        GrantKw "grant" MonitorKw "monitor" TestKw "test" AssertKw "assert"
        AndKw "and" OrKw "or" NotKw "not" IfKw "if" ThenKw "then" ElseKw "else" AllKw "all" AnyKw "any" InKw "in"
        HasKw "has" IsKw "is" TrueKw "true" FalseKw "false" NullKw "null"
    }
    clause {
        ToKw "to" ForKw "for" ByKw "by" WhereKw "where" WhenKw "when" UnlessKw "unless" PerKw "per" OfKw "of"
        AtKw "at" AsKw "as" FromKw "from" OnlyKw "only" ActingKw "acting" ActsKw "acts" WithoutKw "without"
        ContainsKw "contains" LikeKw "like" MatchesKw "matches" UnderKw "under" CarriesKw "carries" SeenKw "seen"
        HoldsKw "holds" SessionKw "session" CallsKw "calls" ToolsKw "tools" AnyoneKw "anyone" AnonymousKw "anonymous"
        CallKw "call" ReadKw "read" SubscribeKw "subscribe" GetKw "get" CompleteKw "complete" SampleKw "sample"
        ElicitKw "elicit" RootsKw "roots" ListKw "list" GivenKw "given" ExpectKw "expect"
    }
    nodes {
        SourceFile Error
        Name Path FieldPath IndexAll RuleRef Annotation AnnotationArg
        UseItem UseAlias UseList UseName
        Issuer UrlEntry AudienceEntry KeysEntry LifetimeEntry BoundEntry ClaimsEntry
        User Agent ActsFor Role RoleBase RoleUnion
        Server Profile ServerLike EndpointEntry CommandEntry IdentityEntry CatalogEntry SegmentEntry EgressEntry ExtraEntry UnwrapsEntry
        OverlayEntry OverlayRule OverlayPattern OverlayAnyTool
        Tag Label LabelSource Stores Segment NetworksEntry Flow ForbidFlow Context Data Sensitive
        Declassify DeclassifyIn DeclassifyFrom
        Predicate Param Const
        PermitRule ForbidRule RequireRule LimitRule RedactRule AuditRule
        Actions Targets ForSubject WhereClause WhenClause UnlessClause
        RequireApproval RequireMfa RequireScope Approvers Expires
        LimitMost LimitOf LimitPer LimitBy
        RedactSpec RedactMatching RedactKeep RedactDrop RedactReplace AuditLevel
        Grant GrantFor GrantPermit
        Monitor Alert Quarantine Isolate
        Assert AssertMode WithoutApproval WithoutMfa
        Test AsLine SubjectInstance AtLine ActLine
        GivenState GivenHistory GivenApproval GivenMfa GivenGrant GivenContext GivenNetwork GivenData GivenIsolated
        GivenQuarantined GivenLimit GivenScope GivenError
        ExpectAllow ExpectDeny ExpectChallenge ChallengeKind ExpectListed ExpectHidden ExpectRedact ExpectLabel
        ExpectAudit
        SubjectAnyone SubjectAnonymous SubjectAny SubjectName SubjectServer SubjectEither SubjectBoth SubjectActing
        SubjectParen
        TargetTag TargetAny TargetHints TargetServer TargetPath TargetAll TargetSet TargetUri TargetList
        TypeName TypeGeneric TypeRecord TypeField TypeString TypeUnion TypeOptional TypeParen
        Literal ListExpr RecordExpr RecordField RecordKey ParenExpr CallExpr Arg ArgName FieldExpr
        NegExpr NotExpr BinaryExpr AndExpr OrExpr RangeExpr HasExpr IsExpr CarriesExpr SeenExpr IfExpr AllExpr AnyExpr
        HistoryExpr HistoryCalls HistoryRead HistoryBy HistoryArg SessionHolds
    }
}

/// How much a word of the language is set apart from identifiers. See the module documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WordClass {
    /// Never a name, except after a `.` and as a key.
    Reserved,
    /// Cannot be declared as a name nor start one.
    Clause,
    /// An identifier with a meaning in one position.
    Soft,
}

/// One word of the language, for editors and generated highlighters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keyword {
    /// The word as written.
    pub text: &'static str,
    /// How far it is reserved.
    pub class: WordClass,
}

/// Words that mean something in one position and are ordinary identifiers elsewhere.
const SOFT_WORDS: &[&str] = &[
    "alert",
    "allow",
    "always",
    "approval",
    "approved",
    "audience",
    "bound",
    "caller",
    "catalog",
    "challenge",
    "claims",
    "command",
    "count",
    "critical",
    "deny",
    "drop",
    "egress",
    "endpoint",
    "error",
    "exhausted",
    "expires",
    "explain",
    "extra",
    "first",
    "fresh",
    "full",
    "hidden",
    "hide",
    "high",
    "identity",
    "ignore",
    "isolate",
    "isolated",
    "keep",
    "keys",
    "last",
    "lifetime",
    "listed",
    "low",
    "matching",
    "medium",
    "mfa",
    "most",
    "network",
    "networks",
    "never",
    "none",
    "novel",
    "overlay",
    "prompt",
    "quarantine",
    "quarantined",
    "refuse",
    "replace",
    "resource",
    "scope",
    "sequence",
    "step_up",
    "sum",
    "summary",
    "tool",
    "unwraps",
    "uri",
    "url",
];

/// Every word of the language with its class: reserved, then clause, then soft words.
pub fn keywords() -> Vec<Keyword> {
    let soft = SOFT_WORDS.iter().map(|&text| Keyword { text, class: WordClass::Soft });
    HARD_WORDS.iter().copied().chain(soft).collect()
}

impl SyntaxKind {
    /// White space, comments and characters that belong to no token: they stand between tokens and mean nothing.
    pub fn is_trivia(self) -> bool {
        matches!(self, SyntaxKind::Whitespace | SyntaxKind::Comment | SyntaxKind::Unknown)
    }

    /// A reserved word, wherever it stands as one.
    pub fn is_reserved(self) -> bool {
        (SyntaxKind::UseKw..=SyntaxKind::NullKw).contains(&self)
    }

    /// A clause word, wherever it stands as one.
    pub fn is_clause_word(self) -> bool {
        (SyntaxKind::ToKw..=SyntaxKind::ExpectKw).contains(&self)
    }

    /// A word that is used as a keyword in the tree.
    pub fn is_keyword(self) -> bool {
        self == SyntaxKind::SoftKw || self.is_reserved() || self.is_clause_word()
    }

    /// Any word: an identifier, or a reserved or clause word.
    pub fn is_word(self) -> bool {
        self == SyntaxKind::Ident || self.is_keyword()
    }

    /// A reserved word that opens an item.
    pub fn opens_item(self) -> bool {
        (SyntaxKind::UseKw..=SyntaxKind::AssertKw).contains(&self)
    }

    /// A word that starts a path only when a `.` follows it.
    pub fn is_root_word(self) -> bool {
        use SyntaxKind::{AgentKw, ContextKw, ElicitKw, SampleKw, ServerKw, SessionKw, UserKw};
        matches!(self, UserKw | AgentKw | ContextKw | ServerKw | SampleKw | ElicitKw | SessionKw)
    }

    /// A literal token.
    pub fn is_literal(self) -> bool {
        use SyntaxKind::{BadNumber, FalseKw, Instant, Int, NullKw, TrueKw};
        (Int..=Instant).contains(&self) || matches!(self, TrueKw | FalseKw | NullKw | BadNumber)
    }

    /// The kind's name in `snake_case`, as `grammar/mcpz.pest` and the S-expressions spell it.
    pub fn snake_name(self) -> String {
        let mut name = String::new();
        for c in format!("{self:?}").chars() {
            if c.is_ascii_uppercase() && !name.is_empty() {
                name.push('_');
            }
            name.push(c.to_ascii_lowercase());
        }
        name
    }

    /// The kind's number in a rowan tree.
    pub(crate) fn to_raw(self) -> rowan::SyntaxKind {
        rowan::SyntaxKind(self as u16)
    }

    /// The kind of a number that `to_raw` gave; `Error` for any other.
    pub(crate) fn from_raw(raw: rowan::SyntaxKind) -> SyntaxKind {
        SyntaxKind::ALL.get(usize::from(raw.0)).copied().unwrap_or(SyntaxKind::Error)
    }
}

impl fmt::Display for SyntaxKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.snake_name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_numbers_go_there_and_back() {
        for &kind in SyntaxKind::ALL {
            assert_eq!(SyntaxKind::from_raw(kind.to_raw()), kind);
        }
        assert_eq!(SyntaxKind::from_raw(rowan::SyntaxKind(u16::MAX)), SyntaxKind::Error);
    }

    #[test]
    fn word_classes_follow_the_table() {
        for keyword in keywords() {
            let kind = SyntaxKind::from_word(keyword.text);
            match keyword.class {
                WordClass::Reserved => assert!(kind.is_some_and(SyntaxKind::is_reserved)),
                WordClass::Clause => assert!(kind.is_some_and(SyntaxKind::is_clause_word)),
                WordClass::Soft => assert_eq!(kind, None),
            }
        }
    }
}
