" Written by `cargo xtask codegen` from compiler/syntax/src/token.rs. Do not edit.
if exists('b:current_syntax')
  finish
endif

syntax match mcpzWords0 /\<\%(permit\|forbid\|require\|limit\|redact\|audit\|grant\|monitor\|test\|assert\)\>/
highlight default link mcpzWords0 Statement
syntax match mcpzWords1 /\<\%(use\)\>/
highlight default link mcpzWords1 Include
syntax match mcpzWords2 /\<\%(if\|then\|else\)\>/
highlight default link mcpzWords2 Conditional
syntax match mcpzWords3 /\<\%(given\|expect\)\>/
highlight default link mcpzWords3 Statement
syntax match mcpzWords4 /\<\%(all\|any\)\>/
highlight default link mcpzWords4 Operator
syntax match mcpzWords5 /\<\%(and\|or\|not\|in\|has\|is\|contains\|like\|matches\|under\|carries\|seen\|holds\)\>/
highlight default link mcpzWords5 Operator
syntax match mcpzWords6 /\<\%(true\|false\|null\)\>/
highlight default link mcpzWords6 Boolean
syntax match mcpzWords7 /\<\%(anyone\|anonymous\)\>/
highlight default link mcpzWords7 Special
syntax match mcpzWords8 /\<\%(call\|read\|subscribe\|get\|complete\|sample\|elicit\|roots\|list\)\>/
highlight default link mcpzWords8 Function
syntax match mcpzWords9 /\<\%(to\|for\|by\|where\|when\|unless\|per\|of\|at\|as\|from\|only\|acting\|acts\|without\|session\|calls\|tools\)\>/
highlight default link mcpzWords9 Keyword
syntax match mcpzDeclaration /\<\%(issuer\|user\|agent\|role\|server\|profile\|tag\|label\|stores\|segment\|flow\|context\|data\|sensitive\|declassify\|predicate\|const\)\>/
highlight default link mcpzDeclaration Structure

" After a dot any word is a name, and so is a key.
syntax match mcpzMember /\.\@<!\.\s*\h\w*/
syntax match mcpzKey /\<\h\w*\ze\s*:/
syntax match mcpzNumber /\<\d[0-9_]*\(\.\d[0-9_]*\)\?\([A-Za-z]\w*\)\?\>/
syntax match mcpzNumber /\<\d\{4}-\d\d-\d\d\(T[0-9:.]\+\(Z\|[+-]\d\d:\d\d\)\)\?\>/
syntax match mcpzNumber /\<\d\d:\d\d\(:\d\d\)\?\>/
syntax match mcpzAnnotation /@\h\w*/
syntax match mcpzEscape contained /\\\(u{\x\{1,6}}\|.\)/
syntax region mcpzString start=/"/ skip=/\\./ end=/"\|$/ contains=mcpzEscape
syntax region mcpzRaw start=/\<r"/ end=/"\|$/
syntax match mcpzComment /\/\/.*/
syntax match mcpzDoc /\/\/[\/!]\/\@!.*/

highlight default link mcpzMember Identifier
highlight default link mcpzKey Identifier
highlight default link mcpzNumber Number
highlight default link mcpzAnnotation PreProc
highlight default link mcpzEscape SpecialChar
highlight default link mcpzString String
highlight default link mcpzRaw String
highlight default link mcpzComment Comment
highlight default link mcpzDoc SpecialComment

let b:current_syntax = 'mcpz'
