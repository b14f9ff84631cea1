/**
 * What the extension reads is what the language server answers: the commands of the contract over the real binary, on the payments
 * example. Runs where the environment variable MCPZ names the binary, as `cargo xtask test` does; else it says that it was skipped.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { StreamMessageReader, StreamMessageWriter, createMessageConnection } from "vscode-jsonrpc/node";
import { caseOf, claimsTemplate } from "../src/cases";
import { answer, form } from "../src/panel/html";
import { readDescription, readEvaluation, readGraph, readTestRun, readTestTrace } from "../src/protocol";
import { findTests } from "../src/scan";
import { argumentsOf, fieldsOf } from "../src/schema";

const binary = process.env["MCPZ"] ?? "";
const root = resolve("../../examples/payments");
const file = resolve(root, "policy/tests.mcpz");
const uri = pathToFileURL(file).toString();

type Ask = (command: string, argument: Record<string, unknown>) => Promise<unknown>;

async function served(work: (ask: Ask) => Promise<void>): Promise<void> {
  const child = spawn(binary, ["lsp"], { stdio: ["pipe", "pipe", "inherit"] });
  const connection = createMessageConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
  connection.onRequest(() => null);
  connection.listen();
  try {
    const folder = pathToFileURL(root).toString();
    const params = { processId: process.pid, rootUri: folder, capabilities: {}, workspaceFolders: [{ uri: folder, name: "payments" }] };
    await connection.sendRequest("initialize", params);
    await connection.sendNotification("initialized", {});
    const text = readFileSync(file, "utf8");
    await connection.sendNotification("textDocument/didOpen", { textDocument: { uri, languageId: "mcpz", version: 1, text } });
    await work((command, argument) => connection.sendRequest("workspace/executeCommand", { command, arguments: [argument] }));
    await connection.sendRequest("shutdown");
    await connection.sendNotification("exit");
  } finally {
    connection.dispose();
    child.kill();
  }
}

test("the server's answers are what the extension reads", { skip: binary === "" ? "MCPZ names no binary" : false }, () =>
  served(async (ask) => {
    const description = readDescription(await ask("mcpz.describe", { uri }));
    assert.equal(description.package, "payments");
    const refund = description.servers[0]?.tools.find((tool) => tool.name === "refund");
    const employee = description.identities.find((identity) => identity.name === "employee");
    const copilot = description.identities.find((identity) => identity.name === "copilot");
    assert.ok(refund !== undefined && employee !== undefined && copilot !== undefined);
    assert.deepEqual(copilot.actsFor, ["employee"]);

    // The tests that are found as text are those that the server runs, at the same lines.
    const run = readTestRun(await ask("mcpz.runTest", { uri }));
    const found = findTests(readFileSync(file, "utf8"));
    assert.deepEqual(
      run.tests.filter((outcome) => outcome.uri === uri).map((outcome) => outcome.title).sort(),
      found.map((each) => each.title).sort(),
    );
    assert.ok(run.tests.every((outcome) => outcome.passed), JSON.stringify(run.tests));
    for (const each of found) {
      assert.equal(run.tests.find((outcome) => outcome.title === each.title)?.range.start.line, each.line, each.title);
    }
    assert.ok(run.coverage.some((rule) => rule.hits > 0) && run.coverage.every((rule) => rule.uri.startsWith("file:")));
    const trace = readTestTrace(await ask("mcpz.traceTest", { uri, test: "the trifecta is closed" }));
    assert.ok(trace.passed && trace.text.includes("PAY-10"), trace.text);

    // What the panel does.
    const fields = fieldsOf(refund.inputSchema);
    const typed = { invoice_id: "inv_42", amount: "49.99", currency: '"EUR"', payee: "acct_alice" };
    const claims = { ...(JSON.parse(claimsTemplate(employee)) as object), groups: ["analysts"] };
    const request: unknown = JSON.parse(
      caseOf({
        server: "payments",
        tool: "refund",
        arguments: argumentsOf(fields, typed),
        identity: employee,
        agent: undefined,
        claims: JSON.stringify(claims),
        agentClaims: "",
        at: "2026-03-02T10:00:00Z",
        network: "10.10.1.5",
        context: "",
        state: "",
        scopes: "payments:refund",
      }),
    );
    const evaluation = readEvaluation(await ask("mcpz.evaluate", { uri, case: request }));
    const graph = readGraph(await ask("mcpz.showGraph", { uri, case: request }));
    assert.match(graph.svg, /^<svg[^]*class="lit"/);
    assert.ok(evaluation.trail.some((rule) => rule.rule === "PAY-4" && rule.outcome === "true"), JSON.stringify(evaluation.trail));
    const shown = answer(evaluation, graph);
    assert.match(shown, /class="effect allow">ALLOW<.*PAY-4/s);
    const selected = { server: "payments", tool: "refund", identity: "employee", agent: "" };
    assert.match(form(description, selected, fields), /<option value="copilot">copilot<\/option>/);
    await assert.rejects(ask("mcpz.traceTest", { uri, test: "no such test" }));
  }),
);
