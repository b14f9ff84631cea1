/** Where the binary is looked for, and what is said when there is none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { findBinary } from "../src/binary";
import type { Machine } from "../src/binary";

function machine(files: string[], env: Record<string, string> = {}, platform = "linux"): Machine {
  return { platform, env, isExecutable: (file) => files.includes(file) };
}

test("the setting wins over the bundled binary, and that over PATH", () => {
  const files = ["/opt/mcpz", "/ext/server/mcpz", "/usr/bin/mcpz"];
  const env = { PATH: "/usr/bin" };
  assert.deepEqual(findBinary("/opt/mcpz", "/ext", machine(files, env)), { kind: "found", path: "/opt/mcpz", from: "setting" });
  assert.deepEqual(findBinary("", "/ext", machine(files, env)), { kind: "found", path: "/ext/server/mcpz", from: "bundled" });
  assert.deepEqual(findBinary(" ", "/ext/", machine(["/usr/bin/mcpz"], { PATH: "/bin:/usr/bin" })), {
    kind: "found",
    path: "/usr/bin/mcpz",
    from: "path",
  });
});

test("a setting that is wrong is said, and nothing else is taken in its place", () => {
  const found = findBinary("/nowhere/mcpz", "/ext", machine(["/ext/server/mcpz"]));
  assert.equal(found.kind, "missing");
  assert.match(found.kind === "missing" ? found.message : "", /mcpz\.path says \/nowhere\/mcpz/);
  const relative = findBinary("./mcpz", "/ext", machine(["./mcpz"]));
  assert.match(relative.kind === "missing" ? relative.message : "", /absolute/);
});

test("relative folders of PATH are passed over: the open folder must not bring its own mcpz", () => {
  assert.equal(findBinary("", "/ext", machine(["./mcpz", "bin/mcpz", "/mcpz"], { PATH: ".:bin:" })).kind, "missing");
});

test("without a binary the message says what to do", () => {
  const found = findBinary("", "/ext", machine([], { PATH: "/usr/bin" }));
  assert.match(found.kind === "missing" ? found.message : "", /cargo build --release -p mcpz.*PATH.*mcpz\.path/s);
});

test("homes and Windows", () => {
  const home = findBinary("~/bin/mcpz", "/ext", machine(["/home/ada/bin/mcpz"], { HOME: "/home/ada" }));
  assert.equal(home.kind === "found" && home.path, "/home/ada/bin/mcpz");
  const windows = machine(["C:\\tools\\mcpz.exe"], { Path: "D:\\x;C:\\tools" }, "win32");
  assert.equal(findBinary("", "C:\\ext", windows).kind, "found");
});
