//! What a SQL statement does, read off `sqlparser`'s tree as plain JSON.
//!
//! The tree is serialised and walked without knowing its types: a defect of a typed visitor (a kind
//! of node that it forgets) is not shared.

use mcpz_compiler::hir::SqlDialect;
use mcpz_runtime::decision::ErrorCode;
use serde_json::Value;
use sqlparser::dialect::{AnsiDialect, Dialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, Tokenizer, Whitespace};
use std::collections::BTreeSet;

/// The facts of a text of SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlFacts {
    /// It changes nothing.
    pub read_only: bool,
    /// Tables it touches, qualified; lower case where unquoted; sorted, once each.
    pub tables: Vec<String>,
    /// How many statements.
    pub statements: i64,
    /// `select`, `insert`, ...
    pub kind: String,
}

/// Longest text, in bytes.
const MAX_BYTES: usize = 16 * 1024;
/// Deepest expression.
const MAX_DEPTH: usize = 32;
/// Most tokens but spaces.
const MAX_TOKENS: usize = 1_000;

/// Functions that only compute (docs/semantics.md lists them).
const HARMLESS: &str = "abs array_agg avg cast ceil ceiling char_length coalesce concat concat_ws cos count current_date \
    current_time current_timestamp date date_part date_trunc datetime dense_rank exp extract first_value floor greatest \
    group_concat ifnull instr julianday lag last_value lead least left length ln log lower ltrim max min mod now nullif \
    position power rank replace right round row_number rtrim sqrt strftime string_agg substr substring sum trim upper";

/// Judges a text of SQL.
pub fn facts(text: &str, dialect: SqlDialect) -> Result<SqlFacts, ErrorCode> {
    if text.len() > MAX_BYTES {
        return Err(ErrorCode::SqlLimit);
    }
    let dialect: Box<dyn Dialect> = match dialect {
        SqlDialect::Postgres => Box::new(PostgreSqlDialect {}),
        SqlDialect::Mysql => Box::new(MySqlDialect {}),
        SqlDialect::Sqlite => Box::new(SQLiteDialect {}),
        SqlDialect::Ansi => Box::new(AnsiDialect {}),
    };
    let tokens = Tokenizer::new(dialect.as_ref(), text).tokenize().map_err(|_| ErrorCode::Sql)?;
    check_tokens(&tokens)?;
    let parsed = Parser::new(dialect.as_ref()).with_recursion_limit(MAX_DEPTH).with_tokens(tokens).parse_statements();
    let statements = parsed.map_err(|error| match error {
        ParserError::RecursionLimitExceeded => ErrorCode::SqlLimit,
        _ => ErrorCode::Sql,
    })?;
    let [statement] = statements.as_slice() else {
        return Err(ErrorCode::Sql);
    };
    let tree = serde_json::to_value(statement).map_err(|_| ErrorCode::Internal)?;
    let is_query = tree.get("Query").is_some();
    let mut found = Found { tables: BTreeSet::new(), writes: !is_query, unknown: !is_known(&tree) };
    found.walk(&tree);
    // What is changed or made as a whole is named beside the rest, not in it.
    for changed in ["/AlterTable/name", "/CreateTable/name", "/CreateView/name"] {
        if let Some(name) = tree.pointer(changed) {
            found.table(name);
        }
    }
    if found.unknown {
        return Err(ErrorCode::Sql);
    }
    let shown = statement.to_string();
    let first = shown.split_whitespace().next().unwrap_or("").to_lowercase();
    let kind = if is_query { "select".to_string() } else { first };
    Ok(SqlFacts { read_only: !found.writes, tables: found.tables.into_iter().collect(), statements: 1, kind })
}

/// Statements of which every table is known.
const KNOWN: &str = "Query Insert Update Delete Merge Truncate AlterTable CreateTable CreateView";

fn is_known(tree: &Value) -> bool {
    let dropped = tree.pointer("/Drop/object_type").and_then(Value::as_str);
    KNOWN.split(' ').any(|kind| tree.get(kind).is_some())
        || dropped.is_some_and(|what| ["Table", "View", "MaterializedView"].contains(&what))
}

fn check_tokens(tokens: &[Token]) -> Result<(), ErrorCode> {
    let comment = |token: &Token| {
        matches!(token, Token::Whitespace(Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_)))
    };
    if tokens.iter().any(comment) {
        return Err(ErrorCode::Sql);
    }
    let words = tokens.iter().filter(|token| !matches!(token, Token::Whitespace(_))).count();
    if words > MAX_TOKENS { Err(ErrorCode::SqlLimit) } else { Ok(()) }
}

struct Found {
    tables: BTreeSet<String>,
    writes: bool,
    unknown: bool,
}

impl Found {
    fn walk(&mut self, tree: &Value) {
        match tree {
            Value::Array(items) => items.iter().for_each(|item| self.walk(item)),
            Value::Object(members) => {
                for (key, inner) in members {
                    self.node(key, inner);
                    self.walk(inner);
                }
            }
            _ => {}
        }
    }

    /// One variant or field of the tree, by its name.
    fn node(&mut self, key: &str, inner: &Value) {
        match key {
            "Function" => self.function(inner),
            "Table" if inner.get("name").is_some() => {
                self.unknown |= inner.get("args").is_some_and(|args| !args.is_null());
                self.table(&inner["name"]);
            }
            "Table" if inner.get("table_name").is_some() => self.unknown = true,
            "TableName" => self.table(inner),
            "names" => inner.as_array().into_iter().flatten().for_each(|name| self.table(name)),
            "table_names" => inner.as_array().into_iter().flatten().for_each(|entry| self.table(&entry["name"])),
            "locks" => self.writes |= inner.as_array().is_some_and(|locks| !locks.is_empty()),
            "into" => self.writes |= !inner.is_null(),
            "body" => {
                let reads = ["Select", "SetOperation", "Query", "Values"].iter().any(|word| inner.get(word).is_some());
                self.writes |= !reads;
            }
            "TableFunction" | "UNNEST" | "JsonTable" | "OpenJsonTable" | "Pivot" | "Unpivot" | "MatchRecognize"
            | "XmlTable" | "SemanticView" => self.unknown |= inner.is_object(),
            _ => {}
        }
    }

    /// A function must be known; one that makes a table never is.
    fn function(&mut self, inner: &Value) {
        let name = inner.get("name").and_then(qualified);
        let known = name.is_some_and(|name| HARMLESS.split_whitespace().any(|harmless| harmless == name));
        self.unknown |= !known || inner.get("lateral").is_some();
    }

    fn table(&mut self, name: &Value) {
        match qualified(name) {
            Some(name) => drop(self.tables.insert(name)),
            None => self.unknown = true,
        }
    }
}

/// An object name: its identifiers with dots, lower case where unquoted.
fn qualified(name: &Value) -> Option<String> {
    let parts: Option<Vec<String>> = name.as_array()?.iter().map(|part| identifier(part.get("Identifier")?)).collect();
    parts.map(|parts| parts.join("."))
}

fn identifier(ident: &Value) -> Option<String> {
    let text = ident.get("value")?.as_str()?;
    let quoted = ident.get("quote_style").is_some_and(|style| !style.is_null());
    Some(if quoted { text.to_string() } else { text.to_lowercase() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_writes_and_unknowns() {
        let of = |text| facts(text, SqlDialect::Postgres);
        let read = of("select count(*) from S.t join \"U\" on true").unwrap();
        assert!(read.read_only);
        assert_eq!(read.tables, ["U", "s.t"]);
        for text in [
            "delete from t",
            "select * into b from t",
            "select * from t for update",
            "drop table t",
            "insert into t values (1)",
        ] {
            assert!(!of(text).unwrap().read_only, "{text}");
        }
        for text in [
            "",
            "select * from (table t) x",
            "drop function f",
            "explain select 1",
            "select 1; select 2",
            "select pg_sleep(1)",
            "select 1 --x",
            "select * from generate_series(1, 2)",
        ] {
            assert_eq!(of(text), Err(ErrorCode::Sql), "{text}");
        }
    }

    #[test]
    fn both_sides_name_the_same_tables() {
        let dialects = [
            (SqlDialect::Postgres, mcpz_bytecode::image::SqlDialect::Postgres),
            (SqlDialect::Mysql, mcpz_bytecode::image::SqlDialect::Mysql),
            (SqlDialect::Sqlite, mcpz_bytecode::image::SqlDialect::Sqlite),
            (SqlDialect::Ansi, mcpz_bytecode::image::SqlDialect::Ansi),
        ];
        for text in [
            "alter table t add column a int",
            "alter table s.t rename to u",
            "create table t (a int)",
            "create table t as select * from s",
            "create table t like s",
            "create view v as select * from t",
            "truncate table t",
            "update t set a = 1 from s where s.a = t.a",
            "delete from t using s where s.a = t.a",
            "merge into t using s on true when matched then delete",
            "insert into t select * from s",
            "drop table a, b",
            "drop view v",
            "with c as (select * from t) select * from c",
        ] {
            for (ours, theirs) in dialects {
                let oracle = facts(text, ours).map(|facts| (facts.tables, facts.read_only));
                let machine =
                    mcpz_runtime::natives::sql::facts(text, theirs).map(|facts| (facts.tables, facts.read_only));
                assert_eq!(oracle, machine, "{text} {theirs:?}");
            }
        }
    }
}
