[
  (issuer) (server) (profile) (segment) (context) (redact) (grant) (monitor) (test) (fields) (record) (list) (use_list)
] @fold
