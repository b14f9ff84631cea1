//! From pest's pairs to the normalised tree.

use mcpz_syntax::sexpr::Sexpr;
use pest::Parser;
use pest::iterators::Pair;

/// The parser that pest makes from the grammar.
mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "../../grammar/mcpz.pest"]
    pub struct Grammar;
}

use grammar::{Grammar, Rule};

/// Parses a text by the normative grammar and prints its normalised form, or says where it is wrong.
pub fn pest_sexpr(text: &str) -> Result<String, String> {
    pest_tree(text).map(|tree| tree.to_string())
}

/// Parses a text by the normative grammar and gives its normalised form.
pub fn pest_tree(text: &str) -> Result<Sexpr, String> {
    let mut pairs = Grammar::parse(Rule::file, text).map_err(|error| error.to_string())?;
    pairs.find_map(node).ok_or_else(|| "the grammar gave an empty tree".to_owned())
}

/// Rules that are words, literals or operators.
fn is_atom(rule: Rule) -> bool {
    use Rule::*;
    matches!(
        rule,
        ident
            | any_word
            | root_word
            | string
            | raw_string
            | number
            | constant
            | int
            | instant
            | binding
            | extra_word
            | client_action
            | action
            | counted_by
            | keep_end
            | audit_word
            | severity
            | session_word
            | isolated_word
            | act_with_arguments
            | act_on_uri
            | act_plain
            | given_isolated_word
            | deny_word
            | challenge_word
            | grant_word
            | assert_word
            | any_subject_word
            | any_target_word
            | type_word
            | sign_op
            | word_op
            | coalesce_op
            | range_op
            | sum_op
            | product_op
            | rule_id
            | doc_comment
            | file_doc
    )
}

/// The node's name in the tree, where the grammar needs two rules for one node.
fn node_name(rule: Rule) -> String {
    let name = match rule {
        Rule::target_path => "path",
        Rule::target_plain => "target_path",
        Rule::any_name | Rule::word_name => "name",
        Rule::client_actions => "actions",
        Rule::segment_item => "segment",
        Rule::const_item => "const",
        Rule::past_carries => "carries_expr",
        Rule::past_seen => "seen_expr",
        Rule::range => "range_expr",
        Rule::postfix => "field_expr",
        other => return format!("{other:?}"),
    };
    name.to_owned()
}

fn node(pair: Pair<'_, Rule>) -> Option<Sexpr> {
    let rule = pair.as_rule();
    if rule == Rule::EOI || format!("{rule:?}").starts_with("k_") {
        return None;
    }
    if is_atom(rule) {
        return Some(Sexpr::Atom(pair.as_str().trim_end().to_owned()));
    }
    if rule == Rule::not_in {
        return Some(Sexpr::Atom("not in".to_owned()));
    }
    let is_optional = rule == Rule::type_optional && pair.clone().into_inner().count() == 2;
    if rule == Rule::comparison {
        return comparison(pair);
    }
    let mut children: Vec<Sexpr> = pair.into_inner().filter_map(node).collect();
    match rule {
        Rule::optional_mark => None,
        Rule::type_optional if is_optional => Some(Sexpr::List("type_optional".to_owned(), children)),
        Rule::annotation_name | Rule::type_optional => children.pop(),
        Rule::or_expr
        | Rule::and_expr
        | Rule::subject_both
        | Rule::subject_acting
        | Rule::type_union
        | Rule::range
        | Rule::postfix
            if children.len() == 1 =>
        {
            children.pop()
        }
        Rule::coalesce | Rule::sum | Rule::product => left_leaning(children),
        _ => Some(Sexpr::List(node_name(rule), children)),
    }
}

/// `a op b op c` as nodes of two operands.
fn left_leaning(children: Vec<Sexpr>) -> Option<Sexpr> {
    let mut rest = children.into_iter();
    let mut left = rest.next()?;
    while let (Some(operator), Some(right)) = (rest.next(), rest.next()) {
        left = Sexpr::List("binary_expr".to_owned(), vec![left, operator, right]);
    }
    Some(left)
}

/// `a`, `has a`, `a op b`, `a is T`, `a carries L`, `a seen in S`
fn comparison(pair: Pair<'_, Rule>) -> Option<Sexpr> {
    let mut inner = pair.into_inner();
    let left = node(inner.next()?)?;
    let Some(tail) = inner.next() else {
        return Some(left);
    };
    let kind = match tail.as_rule() {
        Rule::is_tail => "is_expr",
        Rule::carries_tail => "carries_expr",
        Rule::seen_tail => "seen_expr",
        _ => {
            let operator = node(tail)?;
            let right = node(inner.next()?)?;
            return Some(Sexpr::List("binary_expr".to_owned(), vec![left, operator, right]));
        }
    };
    let right = tail.into_inner().find_map(node)?;
    Some(Sexpr::List(kind.to_owned(), vec![left, right]))
}
