//! Words of the language, only where the grammar allows them; and pieces of a policy where an item may start.

use super::context::Context;
use super::item::{Completion, CompletionKind};
use crate::grammar::allowed_words;

/// A piece of a policy: its label, its text, what it is for.
type Piece = (&'static str, &'static str, &'static str);

/// Pieces for each kind of item, by the word that opens it.
const PIECES: [Piece; 19] = [
    (
        "permit",
        "permit ${1:analyst} to call ${2:server}.${3:tool}\n    where ${4:args.id == \"\"}",
        "who may use which tools, and when",
    ),
    (
        "forbid",
        "forbid ${1:anyone} to call ${2:server}.${3:tool}\n    when ${4:session holds untrusted}",
        "what is denied whatever permits it",
    ),
    (
        "require",
        "require approval by ${1:approver} expires ${2:10m} for ${3:anyone} to call ${4:server}.${5:tool}",
        "what must be met before a call goes on",
    ),
    ("limit", "limit ${1:anyone} to call ${2:server}.* at most ${3:30} per ${4:1m} by ${5:caller}", "how often"),
    ("redact", "redact ${1:server}.${2:tool} {\n    result.${3:field} ${4:drop},\n}", "what is taken out of results"),
    ("audit", "audit ${1:full} for ${2:anyone} to call ${3:server}.*", "what is logged"),
    (
        "grant",
        "grant ${1:name} to ${2:role} for at most ${3:1h} approved by ${4:approver} {\n    permit to call ${5:server}.${6:tool}\n}",
        "a window of access, opened by approval",
    ),
    (
        "test",
        "test \"${1:what must hold}\" {\n    as ${2:analyst}\n    call ${3:server}.${4:tool} { $5 }\n    expect ${6:allow}\n}",
        "a request and the decision it must get",
    ),
    (
        "assert",
        "assert \"${1:what never happens}\":\n    never allow ${2:anyone} to call ${3:server}.${4:tool} where ${5:condition}",
        "a statement about all requests",
    ),
    (
        "role",
        "role ${1:name} of ${2:user} where claims.${3:groups} contains \"${4:group}\"",
        "a narrower class of callers",
    ),
    ("user", "user ${1:name} from ${2:issuer} where claims.sub like \"${3:user:*}\"", "a class of people"),
    (
        "agent",
        "agent ${1:name} from ${2:issuer} where claims.sub like \"${3:agent:*}\" acts for ${4:user}",
        "a class of programs",
    ),
    (
        "issuer",
        "issuer ${1:corp} {\n    url \"${2:https://id.example}\"\n    audience \"${3:https://mcp.example}\"\n    claims {\n        ${4:groups}: set<string>\n    }\n}",
        "who signs tokens",
    ),
    (
        "server",
        "server ${1:name} {\n    endpoint \"${2:https://mcp.example/mcp}\"\n    catalog \"${3:catalog/name.json}\"\n}",
        "a server and its pinned catalog",
    ),
    ("tag", "tag ${1:name} = ${2:server}.${3:tool}", "a named set of tools"),
    ("label", "label ${1:name} from ${2:server}.${3:tool}", "what results carry on"),
    ("segment", "segment ${1:name} { networks \"${2:10.0.0.0/16}\" }", "a network segment"),
    ("predicate", "predicate ${1:name}(${2:value}: ${3:string}) = ${4:condition}", "a named condition"),
    (
        "data",
        "data ${1:name}: ${2:set<string>} from \"${3:data/name.json}\"",
        "values that can be replaced without compiling again",
    ),
];

/// Adds words and pieces.
pub fn complete(cx: &Context<'_>, items: &mut Vec<Completion>) {
    let Some(tree) = cx.package.tree(cx.source) else { return };
    let words = allowed_words(&tree, cx.text, cx.replace.start);
    for word in &words {
        items.push(Completion::new(*word, CompletionKind::Keyword, cx.replace.clone()).rank(rank(cx, word)));
    }
    // A line that goes on with a clause opens no item; a line of its own may.
    if !cx.is_line_start() || !cx.qualifier.is_empty() {
        return;
    }
    for (word, text, what) in PIECES.iter().filter(|(word, ..)| words.contains(word)) {
        let item = Completion::new(*word, CompletionKind::Snippet, cx.replace.clone());
        items.push(item.snippet(*text).detail(*what).rank(40));
    }
}

/// Clauses before items: what goes on with the rule is likelier than a new one.
fn rank(cx: &Context<'_>, word: &str) -> u8 {
    let opens = mcpz_syntax::SyntaxKind::from_word(word).is_some_and(mcpz_syntax::SyntaxKind::opens_item);
    match (opens, cx.is_line_start()) {
        (true, _) => 60,
        (false, _) => 55,
    }
}
