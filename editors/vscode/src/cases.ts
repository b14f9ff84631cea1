/**
 * From what a person picked in the decision panel to a *case* of the evaluator (`docs/cli.md`): message, credential, time, facts.
 * Knows nothing of VS Code, so that it is tested by itself.
 */

import type { Identity, Json } from "./protocol";
import { isObject } from "./protocol";

/** What was picked. */
export interface Choice {
  readonly server: string;
  readonly tool: string;
  /** The arguments, as JSON text. */
  readonly arguments: string;
  /** The caller, or `undefined` for an anonymous one. */
  readonly identity: Identity | undefined;
  /** The agent that acts for the caller, if one does. */
  readonly agent: Identity | undefined;
  /** Claims of the caller and of the agent, as JSON text of objects. */
  readonly claims: string;
  readonly agentClaims: string;
  /** `2026-03-02T10:00:00Z`, or empty for now. */
  readonly at: string;
  /** The peer's address, or empty. */
  readonly network: string;
  /** JSON text of an object, or empty. */
  readonly context: string;
  readonly state: string;
  /** One a line or separated by commas. */
  readonly scopes: string;
}

/** A choice that makes no case. */
export class CaseError extends Error {}

/** The case, as JSON text. */
export function caseOf(choice: Choice): string {
  const message =
    `{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": ` +
    `{"name": ${JSON.stringify(choice.tool)}, "arguments": ${choice.arguments}}}`;
  const members = [`"message": ${message}`, `"server": ${JSON.stringify(choice.server)}`, `"as": ${credential(choice)}`];
  const scopes = choice.scopes.split(/[\s,]+/).filter((scope) => scope !== "");
  if (scopes.length > 0) {
    members.push(`"scopes": ${JSON.stringify(scopes)}`);
  }
  for (const [name, value] of [["at", choice.at], ["network", choice.network]] as const) {
    if (value.trim() !== "") {
      members.push(`"${name}": ${JSON.stringify(value.trim())}`);
    }
  }
  for (const [name, value] of [["context", choice.context], ["state", choice.state]] as const) {
    if (value.trim() !== "") {
      members.push(`"${name}": ${objectText(name, value)}`);
    }
  }
  return `{${members.join(", ")}}`;
}

/** The chain of credentials, outermost actor first. */
function credential(choice: Choice): string {
  if (choice.identity === undefined) {
    return "null";
  }
  const links = choice.agent === undefined ? [] : [link(choice.agent, choice.agentClaims, "claims of the agent")];
  links.push(link(choice.identity, choice.claims, "claims"));
  return `[${links.join(", ")}]`;
}

function link(identity: Identity, claims: string, what: string): string {
  const kind = identity.principal === "agent" ? "agent" : "user";
  const given = claims.trim() === "" ? {} : parseObject(what, claims);
  if (identity.from === "mtls") {
    return JSON.stringify({ kind, spiffe: given["spiffe"] ?? "" });
  }
  if (identity.from === "local") {
    return JSON.stringify({ kind, uid: given["uid"] ?? 0 });
  }
  return `{"kind": "${kind}", "issuer": ${JSON.stringify(identity.from)}, "claims": ${claims.trim() === "" ? "{}" : claims.trim()}}`;
}

function objectText(name: string, text: string): string {
  parseObject(name, text);
  return text.trim();
}

function parseObject(name: string, text: string): { [key: string]: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CaseError(`${name}: ${error instanceof Error ? error.message : "no JSON"}`);
  }
  if (!isObject(value)) {
    throw new CaseError(`${name}: a JSON object is needed, like {"groups": ["analysts"]}`);
  }
  return value;
}

/** Claims to start from: those that make a caller of this kind, and every mandatory claim, to be filled in. */
export function claimsTemplate(identity: Identity): string {
  if (isObject(identity.sample) && Object.keys(identity.sample).length > 0) {
    return JSON.stringify(identity.sample, undefined, 2);
  }
  if (identity.from === "mtls") {
    return '{"spiffe": ""}';
  }
  if (identity.from === "local") {
    return '{"uid": 1000}';
  }
  const claims: { [key: string]: Json } = { sub: identity.principal === "agent" ? "agent:test" : "user:test" };
  for (const claim of identity.claims) {
    if (claim.required && !Object.hasOwn(claims, claim.name)) {
      claims[claim.name] = emptyOf(claim.type);
    }
  }
  return JSON.stringify(claims, undefined, 2);
}

function emptyOf(type: string): Json {
  if (type.startsWith("set<") || type.startsWith("list<")) {
    return [];
  }
  if (type.startsWith("map<") || type.startsWith("{")) {
    return {};
  }
  const word = /^"([^"]*)"/.exec(type);
  if (word !== null) {
    return word[1] ?? "";
  }
  return type === "bool" ? false : type === "int" || type === "decimal" ? 0 : "";
}
