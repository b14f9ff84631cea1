/** What the extension declares: names that must agree with code and files, trust, and that it sends nothing anywhere. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

interface Manifest {
  capabilities: { untrustedWorkspaces: { supported: string; restrictedConfigurations: string[] } };
  contributes: {
    commands: { command: string }[];
    configuration: { properties: Record<string, unknown> };
    semanticTokenScopes: { scopes: Record<string, string[]> }[];
    languages: { configuration: string; icon: { light: string; dark: string } }[];
    grammars: { path: string }[];
    snippets: { path: string }[];
    tomlValidation: { url: string }[];
    problemMatchers: { name: string; pattern: { regexp: string }[] }[];
    walkthroughs: { steps: { description: string; media: { markdown: string } }[] }[];
  };
}

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
const { contributes } = manifest;
const sources = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => readFileSync(`src/${name}`, "utf8"));
const code = sources.join("\n");

test("files that are named are there", () => {
  const named = [
    ...contributes.languages.flatMap((each) => [each.configuration, each.icon.light, each.icon.dark]),
    ...[...contributes.grammars, ...contributes.snippets].map((each) => each.path),
    ...contributes.tomlValidation.map((each) => each.url),
    ...contributes.walkthroughs.flatMap((each) => each.steps.map((step) => step.media.markdown)),
  ];
  for (const file of named) {
    assert.ok(existsSync(file), file);
    if (file.endsWith(".json")) {
      JSON.parse(readFileSync(file, "utf8"));
    }
  }
});

test("every command that is declared is registered, every setting is read", () => {
  for (const { command } of contributes.commands) {
    const base = command.replace(/Here$/, "");
    assert.ok(code.includes(`"${command}"`) || (command.endsWith("Here") && code.includes(`"${base}"`)), command);
  }
  for (const name of Object.keys(contributes.configuration.properties)) {
    assert.ok(code.includes(`"${name.replace(/^mcpz\./, "")}"`), name);
  }
});

test("nothing is run in a workspace that is not trusted", () => {
  assert.equal(manifest.capabilities.untrustedWorkspaces.supported, "limited");
  assert.deepEqual(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations, ["mcpz.path"]);
  // Whoever starts a process asks first.
  for (const source of sources.filter((text) => /new (?:vscode\.ProcessExecution|LanguageClient)\(/.test(text))) {
    assert.ok(source.includes("vscode.workspace.isTrusted"), source.slice(0, 200));
  }
});

test("nothing is sent anywhere", () => {
  assert.ok(!/from "node:(?:https?|net|dgram|tls|http2)"|\bfetch\(|XMLHttpRequest|WebSocket|createTelemetryLogger|child_process/.test(code));
});

test("the problem matchers read what mcpz prints", () => {
  const of = (name: string): RegExp[] =>
    (contributes.problemMatchers.find((each) => each.name === name)?.pattern ?? []).map((each) => new RegExp(each.regexp));
  const [head, place] = of("mcpz");
  assert.deepEqual(head?.exec("[E0103] Error: server `notes` has no tool `read_noet`")?.slice(1), [
    "E0103",
    "Error",
    "server `notes` has no tool `read_noet`",
  ]);
  assert.deepEqual(place?.exec("   ,-[ policy/rules.mcpz:5:44 ]")?.slice(1), ["policy/rules.mcpz", "5", "44"]);
  assert.deepEqual(place?.exec("   ╭─[ policy/rules.mcpz:5:44 ]")?.slice(1), ["policy/rules.mcpz", "5", "44"]);
  const [failed] = of("mcpz-test");
  assert.deepEqual(failed?.exec("  FAIL  not on a Sunday  policy/tests.mcpz:22")?.slice(1), ["not on a Sunday", "policy/tests.mcpz", "22"]);
});

test("every kind of semantic token that the server sends has a scope", () => {
  const source = readFileSync("../../lsp/ide/src/tokens.rs", "utf8");
  const legend = /LEGEND: \[&str; \d+\] = \[([^\]]*)\]/.exec(source)?.[1] ?? "";
  const kinds = [...legend.matchAll(/"([a-z]+)"/g)].map((match) => match[1] ?? "");
  assert.ok(kinds.length > 10, legend);
  const scopes = contributes.semanticTokenScopes[0]?.scopes ?? {};
  assert.deepEqual(kinds.filter((kind) => !(kind in scopes)), []);
});
