//! `E0128` (unwraps): `unwraps` does not fit its meta-tool.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0128",
    name: "unwraps",
    severity: Severity::Error,
    summary: "`unwraps` does not fit its meta-tool",
    explanation: "`unwraps call_tool to args.server, args.name, args.arguments` judges the inner call of a \
                  tool that calls tools. The paths are parameters of that tool: strings for server and \
                  name, an object for the arguments.",
    bad: r#"
server hub {
  command ["mcp-hub"]
  catalog "catalog/hub.json"
  unwraps call_tool to args.server, args.nme, args.arguments
}
-- catalog/hub.json --
{ "tools": [ { "name": "call_tool", "inputSchema": { "type": "object",
  "properties": { "server": { "type": "string" }, "name": { "type": "string" }, "arguments": { "type": "object" } },
  "required": ["server", "name", "arguments"], "additionalProperties": false } } ] }
"#,
    good: r#"
server hub {
  command ["mcp-hub"]
  catalog "catalog/hub.json"
  unwraps call_tool to args.server, args.name, args.arguments
}
-- catalog/hub.json --
{ "tools": [ { "name": "call_tool", "inputSchema": { "type": "object",
  "properties": { "server": { "type": "string" }, "name": { "type": "string" }, "arguments": { "type": "object" } },
  "required": ["server", "name", "arguments"], "additionalProperties": false } } ] }
"#,
};

/// What does not fit.
pub fn unwraps(span: Span, message: String, near: Option<&str>) -> Diagnostic {
    let error = Diagnostic::new(&CODE, span, message).label("here");
    match near {
        Some(_) => error.did_you_mean(span, near),
        None => error.help("write `unwraps TOOL to args.server, args.name, args.arguments`"),
    }
}
