/** From the panel's choices to a case of the evaluator. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CaseError, caseOf, claimsTemplate } from "../src/cases";
import type { Choice } from "../src/cases";
import type { Identity } from "../src/protocol";

const analyst: Identity = {
  name: "analyst",
  kind: "role",
  from: "corp",
  claims: [
    { name: "groups", type: "set<string>", required: true },
    { name: "on_call", type: "bool?", required: false },
  ],
  actsFor: [],
  principal: "user",
  sample: null,
};
const copilot: Identity = { name: "copilot", kind: "agent", from: "corp", claims: [], actsFor: ["employee"], principal: "agent", sample: null };

const choice: Choice = {
  server: "payments",
  tool: "get_invoice",
  arguments: '{"id": "inv_1"}',
  identity: analyst,
  agent: undefined,
  claims: '{"groups": ["analysts"]}',
  agentClaims: "",
  at: "",
  network: "",
  context: "",
  state: "",
  scopes: "",
};

test("a user directly", () => {
  const made = JSON.parse(caseOf(choice)) as Record<string, unknown>;
  assert.deepEqual(made["as"], [{ kind: "user", issuer: "corp", claims: { groups: ["analysts"] } }]);
  assert.deepEqual(made["message"], {
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    params: { name: "get_invoice", arguments: { id: "inv_1" } },
  });
  assert.deepEqual(Object.keys(made).sort(), ["as", "message", "server"]);
});

test("an agent acting for a user stands before them", () => {
  const made = JSON.parse(caseOf({ ...choice, agent: copilot, agentClaims: '{"sub": "agent:copilot:1"}' })) as {
    as: { kind: string }[];
  };
  assert.deepEqual(made.as.map((link) => link.kind), ["agent", "user"]);
});

test("anonymous, certificates, local processes", () => {
  assert.equal((JSON.parse(caseOf({ ...choice, identity: undefined })) as { as: unknown }).as, null);
  const batch = { ...copilot, from: "mtls" };
  const made = JSON.parse(caseOf({ ...choice, identity: batch, claims: '{"spiffe": "spiffe://a/b"}' })) as { as: unknown };
  assert.deepEqual(made.as, [{ kind: "agent", spiffe: "spiffe://a/b" }]);
  const local = JSON.parse(caseOf({ ...choice, identity: { ...copilot, from: "local" }, claims: claimsTemplate({ ...copilot, from: "local" }) })) as { as: unknown };
  assert.deepEqual(local.as, [{ kind: "agent", uid: 1000 }]);
});

test("circumstances", () => {
  const made = JSON.parse(
    caseOf({ ...choice, at: "2026-03-02T10:00:00Z", network: "10.1.1.1", context: '{"geo": "DE"}', scopes: "a, b c" }),
  ) as Record<string, unknown>;
  assert.deepEqual(made["scopes"], ["a", "b", "c"]);
  assert.deepEqual([made["at"], made["network"], made["context"]], ["2026-03-02T10:00:00Z", "10.1.1.1", { geo: "DE" }]);
});

test("what is no object is said by name", () => {
  for (const wrong of ["{", "[]", '"x"', '{"a": 1}, "as": null']) {
    assert.throws(() => caseOf({ ...choice, claims: wrong }), CaseError, wrong);
    assert.throws(() => caseOf({ ...choice, context: wrong }), CaseError, wrong);
  }
});

test("claims to start from hold every mandatory one", () => {
  const member = { ...analyst, claims: [{ name: "plan", type: '"free" | "team"', required: true }] };
  assert.deepEqual(JSON.parse(claimsTemplate(member)), { sub: "user:test", plan: "free" });
  assert.deepEqual(JSON.parse(claimsTemplate(analyst)), { sub: "user:test", groups: [] });
});
