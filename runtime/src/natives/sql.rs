//! What a SQL statement does, within limits.
//!
//! The parser is `sqlparser`; what it cannot read, comments, several statements, table functions and
//! functions that are not known to be harmless are errors, so that a rule about SQL fails closed; so are
//! statements whose tables the tree does not tell.
//! Names of common table expressions count as tables: telling them apart from tables that they
//! shadow is the database's business.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::ControlFlow;
use mcpz_bytecode::ErrorCode;
use mcpz_bytecode::image::SqlDialect;
use mcpz_bytecode::limits::{MAX_SQL_BYTES, MAX_SQL_DEPTH, MAX_SQL_TOKENS};
use sqlparser::ast::{
    Expr, ObjectName, ObjectNamePart, ObjectType, Query, SetExpr, Statement, TableFactor, Visit, Visitor,
};
use sqlparser::dialect::{AnsiDialect, Dialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, Tokenizer, Whitespace};

/// The facts of one statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SqlFacts {
    /// It changes nothing and locks nothing.
    pub read_only: bool,
    /// Tables it names, qualified as written; lower case where unquoted; sorted, once each.
    pub tables: Vec<String>,
    /// How many statements: one.
    pub statements: i64,
    /// `select`, `insert`, `update`, `delete`, or the statement's first word.
    pub kind: String,
}

/// Functions that only compute. Sorted.
const HARMLESS: [&str; 60] = [
    "abs",
    "array_agg",
    "avg",
    "cast",
    "ceil",
    "ceiling",
    "char_length",
    "coalesce",
    "concat",
    "concat_ws",
    "cos",
    "count",
    "current_date",
    "current_time",
    "current_timestamp",
    "date",
    "date_part",
    "date_trunc",
    "datetime",
    "dense_rank",
    "exp",
    "extract",
    "first_value",
    "floor",
    "greatest",
    "group_concat",
    "ifnull",
    "instr",
    "julianday",
    "lag",
    "last_value",
    "lead",
    "least",
    "left",
    "length",
    "ln",
    "log",
    "lower",
    "ltrim",
    "max",
    "min",
    "mod",
    "now",
    "nullif",
    "position",
    "power",
    "rank",
    "replace",
    "right",
    "round",
    "row_number",
    "rtrim",
    "sqrt",
    "strftime",
    "string_agg",
    "substr",
    "substring",
    "sum",
    "trim",
    "upper",
];

/// Judges a text of SQL.
pub fn facts(text: &str, dialect: SqlDialect) -> Result<SqlFacts, ErrorCode> {
    if text.len() > MAX_SQL_BYTES {
        return Err(ErrorCode::SqlLimit);
    }
    let statement = parse(text, dialect_of(dialect).as_ref())?;
    let mut judge = Judge { tables: BTreeSet::new(), writes: !matches!(statement, Statement::Query(_)) };
    for dropped in named_apart(&statement)? {
        judge.tables.insert(qualified(dropped).ok_or(ErrorCode::Sql)?);
    }
    match statement.visit(&mut judge) {
        ControlFlow::Break(code) => Err(code),
        ControlFlow::Continue(()) => Ok(SqlFacts {
            read_only: !judge.writes,
            tables: judge.tables.into_iter().collect(),
            statements: 1,
            kind: kind(&statement),
        }),
    }
}

/// The parser's dialect.
fn dialect_of(dialect: SqlDialect) -> Box<dyn Dialect> {
    match dialect {
        SqlDialect::Postgres => Box::new(PostgreSqlDialect {}),
        SqlDialect::Mysql => Box::new(MySqlDialect {}),
        SqlDialect::Sqlite => Box::new(SQLiteDialect {}),
        SqlDialect::Ansi => Box::new(AnsiDialect {}),
    }
}

/// The one statement of a text.
fn parse(text: &str, dialect: &dyn Dialect) -> Result<Statement, ErrorCode> {
    let tokens = Tokenizer::new(dialect, text).tokenize().map_err(|_| ErrorCode::Sql)?;
    let is_comment = |token: &Token| {
        matches!(token, Token::Whitespace(Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_)))
    };
    if tokens.iter().any(is_comment) {
        return Err(ErrorCode::Sql);
    }
    // Chains of operators nest without recursion in the parser, so tokens bound the depth of the tree.
    let words = tokens.iter().filter(|token| !matches!(token, Token::Whitespace(_))).count();
    if words > MAX_SQL_TOKENS {
        return Err(ErrorCode::SqlLimit);
    }
    let parsed = Parser::new(dialect).with_recursion_limit(MAX_SQL_DEPTH).with_tokens(tokens).parse_statements();
    let mut statements = parsed.map_err(|error| match error {
        ParserError::RecursionLimitExceeded => ErrorCode::SqlLimit,
        _ => ErrorCode::Sql,
    })?;
    match (statements.pop(), statements.is_empty()) {
        (Some(statement), true) => Ok(statement),
        _ => Err(ErrorCode::Sql),
    }
}

/// Tables that a statement names where the visitor does not look; an error for a statement that may
/// name tables nobody collects.
fn named_apart(statement: &Statement) -> Result<&[ObjectName], ErrorCode> {
    match statement {
        Statement::Query(_)
        | Statement::Insert(_)
        | Statement::Update(_)
        | Statement::Delete(_)
        | Statement::Merge(_)
        | Statement::Truncate(_)
        | Statement::AlterTable(_)
        | Statement::CreateTable(_)
        | Statement::CreateView(_) => Ok(&[]),
        Statement::Drop {
            object_type: ObjectType::Table | ObjectType::View | ObjectType::MaterializedView,
            names,
            ..
        } => Ok(names),
        _ => Err(ErrorCode::Sql),
    }
}

/// The statement's first word, lower case.
fn kind(statement: &Statement) -> String {
    match statement {
        Statement::Query(_) => "select".to_string(),
        other => {
            let text = other.to_string();
            text.split_whitespace().next().unwrap_or("").to_lowercase()
        }
    }
}

/// Collects what matters while the tree is walked.
struct Judge {
    tables: BTreeSet<String>,
    writes: bool,
}

impl Visitor for Judge {
    type Break = ErrorCode;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<ErrorCode> {
        self.writes |= !query.locks.is_empty() || body_writes(&query.body);
        if names_table(&query.body) { ControlFlow::Break(ErrorCode::Sql) } else { ControlFlow::Continue(()) }
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<ErrorCode> {
        match qualified(relation) {
            Some(name) => {
                self.tables.insert(name);
                ControlFlow::Continue(())
            }
            None => ControlFlow::Break(ErrorCode::Sql),
        }
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<ErrorCode> {
        match factor {
            TableFactor::Table { args: None, .. } | TableFactor::Derived { .. } | TableFactor::NestedJoin { .. } => {
                ControlFlow::Continue(())
            }
            _ => ControlFlow::Break(ErrorCode::Sql),
        }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<ErrorCode> {
        let Expr::Function(function) = expr else {
            return ControlFlow::Continue(());
        };
        let known = qualified(&function.name).is_some_and(|name| HARMLESS.binary_search(&name.as_str()).is_ok());
        if known { ControlFlow::Continue(()) } else { ControlFlow::Break(ErrorCode::Sql) }
    }
}

/// Whether a query's body writes; its own subqueries are visited as queries. Unions nest as deep as
/// there are tokens.
fn body_writes(body: &SetExpr) -> bool {
    match body {
        SetExpr::Select(select) => select.into.is_some(),
        SetExpr::SetOperation { left, right, .. } => body_writes(left) || body_writes(right),
        SetExpr::Query(_) | SetExpr::Values(_) => false,
        _ => true,
    }
}

/// Whether a query's body is `TABLE t`, which the visitor does not see as a table.
fn names_table(body: &SetExpr) -> bool {
    match body {
        SetExpr::Table(_) => true,
        SetExpr::SetOperation { left, right, .. } => names_table(left) || names_table(right),
        _ => false,
    }
}

/// A name, qualified as written.
fn qualified(name: &ObjectName) -> Option<String> {
    let mut text = String::new();
    for part in &name.0 {
        let ObjectNamePart::Identifier(ident) = part else {
            return None;
        };
        if !text.is_empty() {
            text.push('.');
        }
        match ident.quote_style {
            Some(_) => text.push_str(&ident.value),
            None => text.push_str(&ident.value.to_lowercase()),
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<SqlFacts, ErrorCode> {
        facts(text, SqlDialect::Postgres)
    }

    #[test]
    fn the_list_of_functions_is_sorted() {
        assert!(HARMLESS.is_sorted());
    }

    #[test]
    fn reads_and_writes() {
        let select = of("SELECT count(*) FROM Sales.\"Orders\" o JOIN customers c ON o.id = c.id").unwrap();
        assert!(select.read_only);
        assert_eq!(select.kind, "select");
        assert_eq!(select.tables, ["customers", "sales.Orders"]);
        for text in [
            "UPDATE a SET b = 1",
            "DELETE FROM a",
            "INSERT INTO a VALUES (1)",
            "DROP TABLE a",
            "TRUNCATE a",
            "SELECT * INTO b FROM a",
            "SELECT * FROM a FOR UPDATE",
            "WITH x AS (DELETE FROM a RETURNING *) SELECT * FROM x",
            "SELECT 1 FROM (SELECT * FROM a FOR UPDATE) q",
        ] {
            let facts = of(text).unwrap();
            assert!(!facts.read_only, "{text}");
            assert!(facts.tables.contains(&"a".to_string()), "{text}: {:?}", facts.tables);
        }
        assert_eq!(of("delete from a").unwrap().kind, "delete");
    }

    #[test]
    fn what_cannot_be_judged_is_an_error() {
        for text in [
            "",
            ";",
            "SELECT 1; SELECT 2",
            "SELECT pg_read_file('/etc/passwd')",
            "SELECT * FROM dblink('x')",
            "SELECT * FROM generate_series(1, 2)",
            "SELECT 1 -- x",
            "SELECT /* x */ 1",
            "not sql at all (",
            "SELECT lo_import('x')",
            "SELECT a.upper('x')",
            "SELECT * FROM (TABLE a) x",
            "DROP FUNCTION f",
            "GRANT SELECT ON a TO b",
            "EXPLAIN SELECT 1",
            "COPY a TO STDOUT",
        ] {
            assert_eq!(of(text), Err(ErrorCode::Sql), "{text}");
        }
        assert!(of("SELECT 1;").is_ok(), "one final semicolon is no second statement");
    }

    #[test]
    fn size_and_depth_are_bounded() {
        let deep = alloc::format!("SELECT {}1{}", "(".repeat(200), ")".repeat(200));
        assert_eq!(of(&deep), Err(ErrorCode::SqlLimit));
        let long = alloc::format!("SELECT '{}'", "x".repeat(MAX_SQL_BYTES));
        assert_eq!(of(&long), Err(ErrorCode::SqlLimit));
        let chain = alloc::format!("SELECT 1{}", "+1".repeat(490));
        assert!(of(&chain).is_ok());
        let unions = alloc::format!("SELECT 1{}", " UNION SELECT 1".repeat(300));
        assert!(of(&unions).is_ok());
        let longer = alloc::format!("SELECT 1{}", "+1".repeat(2000));
        assert_eq!(of(&longer), Err(ErrorCode::SqlLimit));
    }
}
