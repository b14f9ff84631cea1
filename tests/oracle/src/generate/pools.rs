//! Small pools of literals: policies and requests draw from the same ones, so that conditions are
//! true about as often as false.

/// Integers of policies.
pub const INTS: &[&str] = &["0", "1", "2", "5", "10", "100", "1_000", "9007199254740991"];

/// Integers of requests; the last ones are wrong or at a boundary.
pub const INT_TEXTS: &[&str] = &[
    "0",
    "1",
    "2",
    "5",
    "10",
    "11",
    "99",
    "100",
    "1000",
    "-1",
    "1.0",
    "1e2",
    "-0",
    "9007199254740991",
    "9007199254740992",
    "-9007199254740992",
    "9223372036854775807",
    "9223372036854775808",
    "1.5",
];

/// Decimals of policies.
pub const DECIMALS: &[&str] = &["0", "0.01", "0.1", "1", "10.5", "99.99", "500", "1_000"];

/// Decimals of requests.
pub const DECIMAL_TEXTS: &[&str] = &[
    "0",
    "0.01",
    "0.1",
    "0.10",
    "1",
    "1.0",
    "10.5",
    "99.99",
    "500",
    "500.000000000000000001",
    "1000",
    "-0.5",
    "1e-18",
    "12345678901234567890",
    "99999999999999999999",
];

/// Numbers outside the exact domain: the message is refused.
pub const INEXACT: &[&str] = &["1e400", "100000000000000000000", "1e-19", "0.1234567890123456789", "1e999999999999"];

/// Strings of policies: no quotes, no backslashes.
pub const TEXTS: &[&str] = &["", "a", "b", "alice", "Alice", "c1", "c2", "admin", "a b", "é", "read", "12"];

/// More strings of requests.
pub const ODD_TEXTS: &[&str] = &[
    "ALICE",
    "e\u{301}",
    "alice ",
    " alice",
    "\u{ff41}",
    "a\u{0}b",
    "a\nb",
    "*",
    "😀",
    "ﬀ",
    "İ",
    "select 1",
    "/w/a",
    "https://example.org/",
    "true",
    "null",
    "\"",
    "\\",
    "a.b",
    "a/b",
];

/// Paths of policies.
pub const PATHS: &[&str] = &["/", "/w", "/w/a", "/w/prod", "/etc", "/w/a/b.txt"];

/// Paths of requests.
pub const PATH_TEXTS: &[&str] = &[
    "/",
    "/w",
    "/w/",
    "/w/a",
    "/w/a/b.txt",
    "/w/prod/x.tar.gz",
    "/etc/passwd",
    "/work",
    "/w/.hidden",
    "/w/a b",
    "/W/a",
    "/w/../etc",
    "/w/./a",
    "//w/a",
    "/w//a",
    "w/a",
    "",
    "/w/%2e%2e/etc",
    "/w/%2F",
    "/w/%41",
    "/w\\a",
    "/w/a\u{0}",
    "/w/...",
    "/w/a/..",
    "C:\\w",
    "/é/e\u{301}",
];

/// Host patterns of policies.
pub const HOST_PATTERNS: &[&str] =
    &["example.org", "*.example.org", "api.example.org", "*.internal", "xn--bcher-kva.example"];

/// Hosts of requests.
pub const HOST_TEXTS: &[&str] = &[
    "example.org",
    "EXAMPLE.org",
    "example.org.",
    "api.example.org",
    "a.b.example.org",
    "evilexample.org",
    "x.internal",
    "bücher.example",
    "xn--bcher-kva.example",
    "10.0.0.1",
    "127.0.0.1",
    "0177.0.0.1",
    "2130706433",
    "0x7f.1",
    "127.1",
    "[::1]",
    "::ffff:10.0.0.1",
    "fe80::1%eth0",
    "",
    "a..b",
    "a b",
    "-a.example.org",
    "a_b.example.org",
    "example.org:80",
    "1.2.3.4.",
];

/// URLs of policies.
pub const URLS: &[&str] = &["https://example.org/", "https://api.example.org/v1"];

/// URLs of requests.
pub const URL_TEXTS: &[&str] = &[
    "https://example.org/",
    "https://example.org",
    "HTTPS://EXAMPLE.ORG/",
    "https://api.example.org/v1",
    "http://example.org:8080/a?b=c#d",
    "https://example.org/a/../v1",
    "https://user@example.org/",
    "https://user:pw@evil.example/",
    "https://example.org@evil.example/",
    "http://10.0.0.1/",
    "http://0177.0.0.1/",
    "http://2130706433/",
    "http://[::1]/",
    "http://[::ffff:10.0.0.1]/x",
    "http:///example.org",
    "http:/example.org",
    "http:\\\\example.org",
    " https://example.org/",
    "https://exa\tmple.org/",
    "mailto:a@example.org",
    "file:///w/a",
    "ftp://example.org/x",
    "custom://Host/Path",
    "",
    "example.org",
    "https://",
    "https://bücher.example/",
    "https://example.org:443/",
    "https://example.org:99999/",
    "https://%65xample.org/",
    "https://example.org./",
    "https://example.org/%2e%2e/x",
];

/// Networks of policies.
pub const NETS: &[&str] = &["10.0.0.0/8", "127.0.0.0/8", "192.168.1.0/24", "::1/128", "fc00::/7", "0.0.0.0/0"];

/// Addresses of requests.
pub const IP_TEXTS: &[&str] = &[
    "10.0.0.1",
    "10.1.2.3",
    "127.0.0.1",
    "192.168.1.7",
    "8.8.8.8",
    "::1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:a00:1::",
    "fd00::1",
    "2001:db8::1",
    "::",
    "::2",
    "010.0.0.1",
    "10.0.0",
    "10.0.0.1/8",
    "",
    "fe80::1%1",
    "[::1]",
    "::10.0.0.1",
];

/// Peer addresses.
pub const PEERS: &[&str] =
    &["10.0.0.1", "10.0.0.1", "10.20.0.5", "192.168.1.7", "127.0.0.1", "::1", "::ffff:10.0.0.9", "2001:db8::1"];

/// Instants of policies.
pub const INSTANTS: &[&str] = &["2026-03-02T10:00:00Z", "2026-03-01T00:00:00Z", "2026-03-29T01:30:00Z"];

/// Instants of requests.
pub const INSTANT_TEXTS: &[&str] = &[
    "2026-03-02T10:00:00Z",
    "2026-03-02T11:00:00+01:00",
    "2026-03-02T10:00:00.500Z",
    "2026-03-02T10:00:00.0001Z",
    "2026-02-30T00:00:00Z",
    "2026-03-02",
    "2026-03-02T10:00:00",
    "2026-03-02T24:00:00Z",
    "",
    "2026-03-02t10:00:00z",
    "1969-12-31T23:59:59Z",
    "2026-03-02 10:00:00Z",
    "9999-12-31T23:59:59Z",
];

/// Milliseconds of `now`: working hours, nights, weekends, both sides of daylight saving switches.
pub const NOWS: &[i64] = &[
    1_772_445_600_000,
    1_772_359_200_000,
    1_772_492_400_000,
    1_774_747_800_000,
    1_774_745_999_999,
    1_774_746_000_000,
    1_792_886_400_000,
    1_792_893_600_000,
    0,
    -1,
    253_402_300_799_999,
    4_102_444_800_000,
];

/// Zones of policies.
pub const ZONES: &[&str] = &["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Sydney"];

/// Regular expressions of policies, without backslashes.
pub const REGEXES: &[&str] = &["a+", "[a-z]+", "(alice|bob)", "c[0-9]", ".*", "[^a]*", "[A-Za-z_][A-Za-z0-9_ ]*"];

/// Globs of policies.
pub const GLOBS: &[&str] = &["*", "a*", "*a", "?", "c?", "*li*", "a?b", "**"];

/// Globs over paths.
pub const PATH_GLOBS: &[&str] = &["/w/*", "/w/**", "/*/a", "**", "/w/a/*.txt", "/?"];

/// SQL of requests.
pub const SQL_TEXTS: &[&str] = &[
    "select 1",
    "select * from t",
    "select a from s.t where b = 'x'",
    "SELECT count(*) FROM \"T\"",
    "delete from t",
    "insert into t values (1)",
    "update t set a = 1",
    "select 1; select 2",
    "drop table t",
    "drop view s.v, t",
    "drop function f",
    "truncate t",
    "alter table t add column a int",
    "create table t as select * from u",
    "create index i on t (a)",
    "copy t to stdout",
    "explain select * from t",
    "grant select on t to u",
    "select * from (table t) x",
    "table t",
    "merge into t using u on t.a = u.a when matched then delete",
    "",
    "nonsense here",
    "select pg_sleep(1)",
    "with x as (select * from t) select * from x",
    "select (select a from u) from t",
    "select * from a join b on a.x = b.x",
    "select 1 --c",
    "/* c */ select lower(a) from t",
];

/// Scopes.
pub const SCOPES: &[&str] = &["read", "write", "admin"];
