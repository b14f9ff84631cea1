[
  (issuer) (server) (profile) (segment) (context) (redact) (grant) (monitor) (test) (fields) (record) (list)
] @indent.begin
["}" "]"] @indent.end @indent.branch
