//! What a SQL statement does, read from `sqlparser`'s tree.

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

use mcpz_compiler::hir::SqlDialect;
use mcpz_runtime::decision::ErrorCode;

/// Judges a text of SQL.
pub fn facts(_text: &str, _dialect: SqlDialect) -> Result<SqlFacts, ErrorCode> {
    Err(ErrorCode::Sql)
}
