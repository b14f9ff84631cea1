/**
 * What the language server and the extension say to each other, beyond the Language Server Protocol. `docs/lsp.md` is the contract.
 * Results come from another process, so what is read of them is checked here, once.
 */

/** A position, from zero; characters in UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly character: number;
}

/** A range of a document. */
export interface Range {
  readonly start: Position;
  readonly end: Position;
}

/** A JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A tool of a server, as its pinned catalog has it. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Json;
}

/** A server of the package. */
export interface Server {
  readonly name: string;
  readonly tools: readonly Tool[];
}

/** A claim that an identity's issuer declares. */
export interface Claim {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
}

/** A user, agent or role of the package. */
export interface Identity {
  readonly name: string;
  readonly kind: string;
  readonly from: string;
  readonly claims: readonly Claim[];
  readonly actsFor: readonly string[];
  /** `user` or `agent`, of roles too. */
  readonly principal: string;
  /** What its credential carries, as far as conditions say: claims, or `spiffe` or `uid`. */
  readonly sample: Json;
}

/** A test of the package. */
export interface TestPlace {
  readonly title: string;
  readonly uri: string;
  readonly range: Range;
}

/** What `mcpz.describe` answers. */
export interface Description {
  readonly package: string;
  readonly servers: readonly Server[];
  readonly identities: readonly Identity[];
  readonly tests: readonly TestPlace[];
}

/** One test that ran. */
export interface TestOutcome extends TestPlace {
  readonly passed: boolean;
  readonly failures: readonly string[];
}

/** In how many tests a rule was true. */
export interface RuleCoverage {
  readonly rule: string;
  readonly uri: string;
  readonly range: Range;
  readonly hits: number;
}

/** What `mcpz.runTest` answers. */
export interface TestRun {
  readonly tests: readonly TestOutcome[];
  readonly coverage: readonly RuleCoverage[];
}

/** What `mcpz.traceTest` answers. */
export interface TestTrace {
  readonly title: string;
  readonly passed: boolean;
  readonly failures: readonly string[];
  readonly text: string;
}

/** A rule that was looked at for a request. */
export interface TrailRule {
  readonly rule: string;
  readonly uri: string;
  readonly range: Range;
  readonly outcome: string;
}

/** What `mcpz.evaluate` answers. */
export interface Evaluation {
  readonly decision: Json;
  readonly why: Json;
  readonly text: string;
  readonly trail: readonly TrailRule[];
}

/** What `mcpz.showGraph` answers. */
export interface Graph {
  readonly svg: string;
  readonly entries: readonly string[];
}

/** An answer that is not what the contract says. */
export class ContractError extends Error {}

type Members = { [key: string]: unknown };

export function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function object(value: unknown, what: string): Members {
  if (!isObject(value)) {
    throw new ContractError(`the server's answer has no ${what}`);
  }
  return value;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function list<T>(value: unknown, read: (item: unknown) => T): T[] {
  return Array.isArray(value) ? value.map(read) : [];
}

function position(value: unknown): Position {
  const at = object(value, "position");
  const number = (member: unknown): number => (typeof member === "number" && member >= 0 ? Math.floor(member) : 0);
  return { line: number(at["line"]), character: number(at["character"]) };
}

function range(value: unknown): Range {
  const at = object(value, "range");
  return { start: position(at["start"]), end: position(at["end"]) };
}

function place(value: Members): TestPlace {
  return { title: text(value["title"]), uri: text(value["uri"]), range: range(value["range"]) };
}

/** Reads an answer to `mcpz.describe`. */
export function readDescription(answer: unknown): Description {
  const value = object(answer, "description");
  return {
    package: text(value["package"]),
    servers: list(value["servers"], (item) => {
      const server = object(item, "server");
      return { name: text(server["name"]), tools: list(server["tools"], readTool) };
    }),
    identities: list(value["identities"], readIdentity),
    tests: list(value["tests"], (item) => place(object(item, "test"))),
  };
}

function readTool(item: unknown): Tool {
  const tool = object(item, "tool");
  return {
    name: text(tool["name"]),
    description: text(tool["description"]),
    inputSchema: (tool["inputSchema"] ?? {}) as Json,
  };
}

function readIdentity(item: unknown): Identity {
  const identity = object(item, "identity");
  return {
    name: text(identity["name"]),
    kind: text(identity["kind"]),
    from: text(identity["from"]),
    claims: list(identity["claims"], (each) => {
      const claim = object(each, "claim");
      return { name: text(claim["name"]), type: text(claim["type"]), required: claim["required"] === true };
    }),
    actsFor: list(identity["actsFor"], text),
    principal: text(identity["principal"]) || text(identity["kind"]),
    sample: (identity["sample"] ?? null) as Json,
  };
}

/** Reads an answer to `mcpz.runTest`. */
export function readTestRun(answer: unknown): TestRun {
  const value = object(answer, "test run");
  return {
    tests: list(value["tests"], (item) => {
      const test = object(item, "test");
      return { ...place(test), passed: test["passed"] === true, failures: list(test["failures"], text) };
    }),
    coverage: list(value["coverage"], (item) => {
      const rule = object(item, "rule");
      const hits = rule["hits"];
      return {
        rule: text(rule["rule"]),
        uri: text(rule["uri"]),
        range: range(rule["range"]),
        hits: typeof hits === "number" ? hits : 0,
      };
    }),
  };
}

/** Reads an answer to `mcpz.traceTest`. */
export function readTestTrace(answer: unknown): TestTrace {
  const value = object(answer, "trace");
  return {
    title: text(value["title"]),
    passed: value["passed"] === true,
    failures: list(value["failures"], text),
    text: text(value["text"]),
  };
}

/** Reads an answer to `mcpz.evaluate`. */
export function readEvaluation(answer: unknown): Evaluation {
  const value = object(answer, "decision");
  return {
    decision: (value["decision"] ?? null) as Json,
    why: (value["why"] ?? null) as Json,
    text: text(value["text"]),
    trail: list(value["trail"], (item) => {
      const rule = object(item, "rule");
      return { rule: text(rule["rule"]), uri: text(rule["uri"]), range: range(rule["range"]), outcome: text(rule["outcome"]) };
    }),
  };
}

/** Reads an answer to `mcpz.showGraph`. */
export function readGraph(answer: unknown): Graph {
  const value = object(answer, "graph");
  return { svg: text(value["svg"]), entries: list(value["entries"], text) };
}
