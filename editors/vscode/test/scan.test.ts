/** Tests of a text are found as the compiler finds them. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { findTests, unquote } from "../src/scan";

test("titles and lines", () => {
  const text = 'permit a to call b\n\ntest "one" {\n  call x { a: { b: 1 } }\n}\ntest "two"\n{ }\n';
  assert.deepEqual(findTests(text), [
    { title: "one", line: 2, endLine: 4 },
    { title: "two", line: 5, endLine: 6 },
  ]);
});

test("what only looks like a test is none", () => {
  const text = '// test "a" {}\nconst X = "test \\"b\\" {}"\nconst Y = r"{"\nuse std.test\nserver s { test "c" {} }\n';
  assert.deepEqual(findTests(text), []);
});

test("half a test breaks nothing", () => {
  assert.deepEqual(findTests('test "open" {\n'), []);
  assert.deepEqual(findTests('test "no end\n}\ntest "b" {}'), [{ title: "b", line: 2, endLine: 2 }]);
});

test("escapes are read", () => {
  assert.equal(unquote('"say \\"no\\"\\n\\u{1F600}"'), 'say "no"\n😀');
  assert.equal(unquote('"\\u{FFFFFF}"'), "\\u{FFFFFF}");
});

test("every test of the payments example is found", () => {
  const text = readFileSync("../../examples/payments/policy/tests.mcpz", "utf8");
  const written = text.split("\n").filter((line) => line.startsWith("test ")).length;
  assert.equal(findTests(text).length, written);
  assert.ok(written > 10);
});
