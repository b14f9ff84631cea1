; What `matches` takes is a regular expression.
((comparison operator: "matches" (raw_string) @injection.content)
  (#set! injection.language "regex"))

((comment) @injection.content (#set! injection.language "comment"))
([(doc_comment) (file_doc)] @injection.content (#set! injection.language "markdown_inline"))
