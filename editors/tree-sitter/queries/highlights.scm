; What a word is called in nvim-treesitter, Helix and Zed. Later patterns win.

(comment) @comment
[(doc_comment) (file_doc)] @comment.documentation

(string) @string
(raw_string) @string.special
(escape) @string.escape
[(integer) (decimal) (size)] @number
[(duration) (time) (date) (instant)] @number
(boolean) @boolean
(null) @constant.builtin
(rule_id) @label
(annotation_name) @attribute

(identifier) @variable
(property) @property
(index_all) @punctuation.special

; Rules, tests and assertions.
["permit" "forbid" "require" "limit" "redact" "audit" "grant" "monitor" "test" "assert"] @keyword

; Declarations.
["issuer" "user" "agent" "role" "server" "profile" "tag" "label" "stores" "segment" "flow" "context" "data" "sensitive"
 "declassify" "predicate" "const"] @keyword

["use" "as"] @keyword.import
["if" "then" "else"] @keyword.conditional
["given" "expect"] @keyword
["and" "or" "not" "in" "has" "is" "contains" "like" "matches" "under" "carries" "seen" "holds" "all" "any"] @keyword.operator

; Clauses.
["to" "for" "by" "where" "when" "unless" "per" "of" "at" "from" "only" "acting" "acts" "without" "calls" "tools" "session"
 "most" "expires" "fresh" "approval" "mfa" "scope" "approved" "keep" "first" "last" "drop" "replace" "matching" "never" "always"
 "exhausted" "then" "alert" "quarantine" "isolate" "error" "network" "isolated" "quarantined" "caller"] @keyword

; Entries of blocks.
["url" "audience" "keys" "lifetime" "bound" "claims" "endpoint" "command" "identity" "catalog" "egress" "extra" "unwraps" "overlay"
 "networks"] @property

["allow" "deny" "challenge" "listed" "hidden" "explain" "hide" "step_up" "full" "summary" "none" "low" "medium" "high" "critical"
 "refuse" "ignore"] @constant.builtin
["tool" "resource" "prompt"] @type.builtin

(action) @function.builtin
(act ["call" "get" "complete" "sample" "elicit" "read" "subscribe" "roots" "list"] @function.builtin)
(subject_word) @variable.builtin
(as_line "anonymous" @variable.builtin)

(type_name) @type
((type_name) @type.builtin
  (#any-of? @type.builtin "bool" "int" "decimal" "string" "bytes" "duration" "instant" "date" "time" "weekday" "ip" "net" "host" "url"
   "path" "json" "null" "segment" "list" "set" "map"))

((path . (identifier) @variable.builtin)
  (#any-of? @variable.builtin "args" "claims" "user" "agent" "context" "now" "network" "resource" "prompt" "sample" "elicit" "session"
   "hints" "spiffe" "uid"))
((field_path . (identifier) @variable.builtin)
  (#any-of? @variable.builtin "args" "result" "claims"))

(call function: (path (identifier) @function .))
(call function: (path (property) @function .))
(target_uri (path (property) @function.builtin .))
(predicate name: (identifier) @function)
(parameter name: (identifier) @variable.parameter)
(quantified variable: (identifier) @variable.parameter)
(named_argument name: (identifier) @variable.parameter)
(type_field name: (identifier) @property)
(record_key (identifier) @property)
(const name: (identifier) @constant)

(issuer name: (identifier) @type)
(user name: (identifier) @type)
(agent name: (identifier) @type)
(role name: (identifier) @type)
(server name: (identifier) @module)
(profile name: (identifier) @module)
(tag name: (identifier) @type)
(label name: (identifier) @type)
(segment name: (identifier) @type)
(data name: (identifier) @constant)
(grant name: (identifier) @type)
(monitor name: (identifier) @type)
(test title: (string) @string.special)
(assert title: (string) @string.special)

["=" "==" "!=" "<" "<=" ">" ">=" "??" "+" "-" "*" ".." "..=" "->" "&" "|" "?"] @operator
["," ":" "." ".*" ".{"] @punctuation.delimiter
["(" ")" "[" "]" "{" "}"] @punctuation.bracket
