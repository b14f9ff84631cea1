/** The page of the decision panel: what it may load, and that nothing from a server is more than text in it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, contentSecurityPolicy, failure, form, page } from "../src/panel/html";
import type { Description, Evaluation } from "../src/protocol";
import { fieldsOf } from "../src/schema";

const EVIL = `"><img src=x onerror=alert(1)><script>alert(2)</script>\u202e'`;

const description: Description = {
  package: EVIL,
  servers: [
    {
      name: "s",
      tools: [{ name: EVIL, description: EVIL, inputSchema: { properties: { [EVIL]: { enum: [EVIL], description: EVIL, pattern: EVIL } } } }],
    },
  ],
  identities: [
    { name: EVIL, kind: "user", from: "corp", claims: [], actsFor: [], principal: "user", sample: null },
    { name: "bot", kind: "agent", from: "corp", claims: [], actsFor: [EVIL], principal: "agent", sample: null },
  ],
  tests: [],
};

function isClean(text: string): void {
  assert.ok(!/<script>|<img src=x|\u202e/.test(text), text);
  // Every attribute ends where it was meant to: no quote of the text survived.
  assert.ok(!text.includes(`"><img src=x`), text);
}

test("a form shows hostile names and descriptions as text", () => {
  const fields = fieldsOf(description.servers[0]?.tools[0]?.inputSchema ?? null);
  const shown = form(description, { server: "s", tool: EVIL, identity: EVIL, agent: "bot" }, fields);
  isClean(shown);
  assert.match(shown, /The server says:/);
  assert.match(shown, /<option value="bot" selected>/);
});

test("an answer shows hostile rules, messages and traces as text; the graph is an image", () => {
  const evaluation: Evaluation = {
    decision: {
      effect: EVIL,
      reason: EVIL,
      rule: { id: EVIL, message: EVIL },
      unmet: [{ kind: EVIL }],
      obligations: { [EVIL]: [EVIL] },
    },
    why: null,
    text: EVIL,
    trail: [{ rule: EVIL, uri: "file:///a", range: { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } }, outcome: EVIL }],
  };
  const shown = answer(evaluation, { svg: "<svg><script>alert(3)</script></svg>", entries: [] });
  isClean(shown);
  assert.match(shown, /src="data:image\/svg\+xml;base64,[A-Za-z0-9+/=]+"/);
  isClean(failure(EVIL));
});

test("what comes with a decision is said in words", () => {
  const obligations = {
    labels: [{ label: "confidential", path: "result" }],
    consumes: [{ rule: "PAY-30", amount: "1", by: "user", window_ms: 60000 }],
  };
  const unmet = [{ kind: "scope", rule: "PAY-22", scopes: ["payments:refund"] }];
  const shown = answer({ decision: { effect: "allow", reason: "allowed", obligations, unmet }, why: null, text: "", trail: [] }, undefined);
  assert.match(shown, /labels: confidential on result</);
  assert.match(shown, /consumes: 1 by user within 60 s \(PAY-30\)</);
  assert.match(shown, /to be met: kind scope scopes \[&quot;payments:refund&quot;\] \(PAY-22\)</);
});

test("decisions are told apart", () => {
  const of = (effect: string): string =>
    answer({ decision: { effect, reason: "no_permit" }, why: null, text: "", trail: [] }, undefined);
  assert.match(of("allow"), /class="effect allow">ALLOW/);
  assert.match(of("deny"), /class="effect deny">DENY.*no permit/s);
  assert.match(of("challenge"), /class="effect challenge">CHALLENGE/);
  assert.match(of("surprise"), /class="effect unknown">NO DECISION/);
});

test("the page loads its own script and style and nothing else", () => {
  const policy = contentSecurityPolicy("https://self", "abc");
  assert.match(policy, /^default-src 'none'; script-src 'nonce-abc'; style-src https:\/\/self; img-src data:;/);
  assert.ok(!/unsafe|connect-src|\*/.test(policy), policy);
  const shown = page({ source: "https://self", nonce: "abc", script: "https://self/p.js", style: "https://self/p.css" });
  assert.equal(shown.match(/<script/g)?.length, 1);
  assert.ok(!/\son[a-z]+=|javascript:/.test(shown), shown);
});
