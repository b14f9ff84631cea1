//! The words of the token table, in the groups that highlighters tell apart.
//!
//! Reserved and clause words are grouped by what they do. A *soft* word is a keyword in one position only, so it comes with the
//! pattern of that position. A word of the table that is in no group, or in two, fails the tests: whoever adds a
//! word says here how it looks.

use mcpz_syntax::{SyntaxKind, WordClass, keywords};

/// Reserved and clause words that look alike.
pub struct Group {
    /// The TextMate scope, without the language's name at the end.
    pub scope: &'static str,
    /// Its words; none for the group of words that open an item and are named nowhere else.
    pub words: &'static [&'static str],
}

/// Rules, tests and assertions: what a policy says, apart from what it declares.
const RULE_WORDS: &[&str] =
    &["permit", "forbid", "require", "limit", "redact", "audit", "grant", "monitor", "test", "assert"];

/// Groups of reserved and clause words. Words that open an item and stand in no group declare something.
pub const GROUPS: &[Group] = &[
    Group { scope: "keyword.control.rule", words: RULE_WORDS },
    Group { scope: "keyword.control.import", words: &["use"] },
    Group { scope: "keyword.control.conditional", words: &["if", "then", "else"] },
    Group { scope: "keyword.control.test", words: &["given", "expect"] },
    Group { scope: "keyword.operator.quantifier", words: &["all", "any"] },
    Group {
        scope: "keyword.operator.word",
        words: &[
            "and", "or", "not", "in", "has", "is", "contains", "like", "matches", "under", "carries", "seen", "holds",
        ],
    },
    Group { scope: "constant.language", words: &["true", "false", "null"] },
    Group { scope: "variable.language.subject", words: &["anyone", "anonymous"] },
    Group {
        scope: "support.function.action",
        words: &["call", "read", "subscribe", "get", "complete", "sample", "elicit", "roots", "list"],
    },
    Group {
        scope: "keyword.other.clause",
        words: &[
            "to", "for", "by", "where", "when", "unless", "per", "of", "at", "as", "from", "only", "acting", "acts",
            "without", "session", "calls", "tools",
        ],
    },
];

/// The scope of words that open an item and stand in no group.
pub const DECLARATION_SCOPE: &str = "storage.type";

/// Soft words, the place where they are keywords, and how they look there.
pub struct SoftPlace {
    /// The TextMate scope.
    pub scope: &'static str,
    /// What stands before: a look-behind, or the start of the line.
    pub before: &'static str,
    /// The words.
    pub words: &'static [&'static str],
    /// What stands behind, as a look-ahead.
    pub after: &'static str,
}

/// Every place of a soft word. Look-behinds take one blank: the formatter writes no more.
pub const SOFT_PLACES: &[SoftPlace] = &[
    SoftPlace {
        scope: "keyword.other.entry",
        before: "^\\s*|(?<=[{}\"\\w] )",
        words: &[
            "audience", "bound", "catalog", "command", "egress", "endpoint", "extra", "identity", "keys", "lifetime",
            "networks", "unwraps", "url",
        ],
        after: "(?=\\s+[\"\\[\\w])",
    },
    SoftPlace {
        scope: "keyword.other.entry",
        before: "^\\s*|(?<=[{}\"\\w] )",
        words: &["claims", "overlay"],
        after: "(?=\\s*\\{)",
    },
    SoftPlace {
        scope: "keyword.other.outcome",
        before: "(?<=\\bexpect |\\bnever |\\balways )",
        words: &["allow", "challenge", "deny", "hidden", "listed"],
        after: "\\b",
    },
    SoftPlace { scope: "keyword.other.clause", before: "\\b", words: &["always", "never"], after: "(?=\\s+allow\\b)" },
    SoftPlace {
        scope: "keyword.other.state",
        before: "(?<=\\bgiven )",
        words: &["error", "isolated", "network", "quarantined"],
        after: "\\b",
    },
    SoftPlace {
        scope: "keyword.other.requirement",
        before: "(?<=\\brequire |\\bgiven |\\bwithout |\\bchallenge |, )",
        words: &["approval", "mfa", "scope"],
        after: "\\b(?!\\s*[.(:])",
    },
    SoftPlace { scope: "keyword.other.clause", before: "\\b", words: &["expires", "fresh"], after: "(?=\\s+\\d)" },
    SoftPlace { scope: "keyword.other.clause", before: "\\b", words: &["approved"], after: "(?=\\s+by\\b)" },
    SoftPlace { scope: "keyword.other.clause", before: "(?<=\\bat )", words: &["most"], after: "\\b" },
    SoftPlace { scope: "keyword.other.clause", before: "\\b", words: &["exhausted"], after: "\\s*$" },
    SoftPlace { scope: "keyword.other.redaction", before: "\\b", words: &["keep"], after: "(?=\\s+(?:first|last)\\b)" },
    SoftPlace { scope: "keyword.other.redaction", before: "(?<=\\bkeep )", words: &["first", "last"], after: "\\b" },
    SoftPlace { scope: "keyword.other.redaction", before: "\\b", words: &["drop"], after: "(?=\\s*(?:[,}]|$))" },
    SoftPlace { scope: "keyword.other.redaction", before: "\\b", words: &["replace"], after: "(?=\\s+\")" },
    SoftPlace { scope: "keyword.other.redaction", before: "(?<=\\bresult )", words: &["matching"], after: "\\b" },
    SoftPlace {
        scope: "constant.language.level",
        before: "(?<=\\baudit )",
        words: &["full", "none", "summary"],
        after: "\\b",
    },
    SoftPlace {
        scope: "constant.language.level",
        before: "(?<=\\balert |\\bseverity\\()",
        words: &["critical", "high", "low", "medium"],
        after: "\\b",
    },
    SoftPlace {
        scope: "keyword.other.response",
        before: "(?<=\\bthen |, |^|\\s\\s)",
        words: &["alert", "isolate", "quarantine"],
        after: "(?=\\s+\\w)",
    },
    SoftPlace { scope: "keyword.other.counted", before: "(?<=\\bby |\\bby: )", words: &["caller"], after: "\\b" },
    SoftPlace {
        scope: "keyword.other.kind",
        before: "(?<=\\bany )",
        words: &["prompt", "resource", "tool"],
        after: "\\b(?!\\s*[.(])",
    },
    SoftPlace {
        scope: "constant.language.show",
        before: "(?<=[\\w\"] |\\bdeny\\()",
        words: &["explain", "hide", "step_up"],
        after: "(?=\\s*(?:\\)|$))",
    },
    SoftPlace {
        scope: "constant.language.extra",
        before: "(?<=\\bextra |  )",
        words: &["ignore", "refuse"],
        after: "(?=\\s*(?:$|\\}|//))",
    },
    SoftPlace {
        scope: "support.function.history",
        before: "\\b",
        words: &["count", "novel", "sequence", "sum"],
        after: "(?=\\()",
    },
    SoftPlace { scope: "support.function.uri", before: "\\.", words: &["uri"], after: "(?=\\()" },
];

/// How a reserved or clause word looks; none when the tables above forgot it.
pub fn scope_of(word: &str) -> Option<&'static str> {
    let group = GROUPS.iter().find(|group| group.words.contains(&word));
    let declares = || {
        let opens = SyntaxKind::from_word(word).is_some_and(SyntaxKind::opens_item);
        opens.then_some(DECLARATION_SCOPE)
    };
    group.map(|group| group.scope).or_else(declares)
}

/// Reserved and clause words: none of them starts a name.
pub fn hard() -> Vec<&'static str> {
    keywords().iter().filter(|keyword| keyword.class != WordClass::Soft).map(|keyword| keyword.text).collect()
}

/// Words that start a path only where a `.` follows.
pub fn roots() -> Vec<&'static str> {
    let is_root = |word: &&str| SyntaxKind::from_word(word).is_some_and(SyntaxKind::is_root_word);
    hard().into_iter().filter(is_root).collect()
}

/// Reserved words that open an item and declare a name.
pub fn declarations() -> Vec<&'static str> {
    hard().into_iter().filter(|word| scope_of(word) == Some(DECLARATION_SCOPE)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reserved_and_clause_word_has_one_look() {
        for word in hard() {
            assert!(scope_of(word).is_some(), "`{word}` is in no group of xtask/src/codegen/words.rs");
            let groups = GROUPS.iter().filter(|group| group.words.contains(&word)).count();
            assert!(groups < 2, "`{word}` is in {groups} groups");
        }
        for word in GROUPS.iter().flat_map(|group| group.words) {
            assert!(hard().contains(word), "`{word}` is no word of the token table");
        }
    }

    #[test]
    fn every_soft_word_has_a_place_and_every_place_soft_words() {
        let is_soft = |keyword: &&mcpz_syntax::Keyword| keyword.class == WordClass::Soft;
        let soft: Vec<&str> = keywords().iter().filter(is_soft).map(|keyword| keyword.text).collect();
        for word in &soft {
            let placed = SOFT_PLACES.iter().any(|place| place.words.contains(word));
            assert!(placed, "`{word}` has no place in xtask/src/codegen/words.rs");
        }
        for word in SOFT_PLACES.iter().flat_map(|place| place.words) {
            assert!(soft.contains(word), "`{word}` is no soft word of the token table");
        }
    }
}
