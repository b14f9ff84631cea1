/**
 * The HTML of the decision panel, as text: every value that is not written here goes through {@link html}.
 *
 * Scripts and styles come from the extension's own files alone. The graph is an image: what an SVG holds cannot run there.
 */

import { html } from "../escape";
import type { Description, Evaluation, Graph, Identity, Json, Tool } from "../protocol";
import { isObject } from "../protocol";
import type { Field } from "../schema";

/** What the page may load, and nothing else: no network, no inline script or style. */
export function contentSecurityPolicy(source: string, nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${source}`,
    "img-src data:",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-src 'none'",
  ].join("; ");
}

/** The page around what changes. */
export function page(parts: { source: string; nonce: string; script: string; style: string }): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${html(contentSecurityPolicy(parts.source, parts.nonce))}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${html(parts.style)}">
<title>mcpz: decide a request</title>
</head>
<body>
<main>
<form id="request" aria-label="The request"><p class="quiet">Reading the package…</p></form>
<section id="answer" aria-live="polite" aria-label="The decision"><p class="quiet">Fill in the request, then press <b>Decide</b>.</p></section>
</main>
<script nonce="${html(parts.nonce)}" src="${html(parts.script)}"></script>
</body>
</html>`;
}

/** What the form shows chosen. */
export interface Selected {
  readonly server: string;
  readonly tool: string;
  readonly identity: string;
  readonly agent: string;
}

/** The value of the choice "an anonymous caller", which no identity can be called. */
export const ANONYMOUS = "";

/** The form: who, what, arguments, circumstances. */
export function form(description: Description, selected: Selected, fields: readonly Field[]): string {
  const server = description.servers.find((each) => each.name === selected.server);
  const tool = server?.tools.find((each) => each.name === selected.tool);
  const identity = description.identities.find((each) => each.name === selected.identity);
  const agents = description.identities.filter((each) => each.principal === "agent" && acts(each, identity, description));
  const servers = description.servers.filter((each) => each.tools.length > 0);
  return [
    `<fieldset><legend>Who</legend>`,
    select("identity", "Identity", [
      [ANONYMOUS, "anonymous"],
      ...description.identities.map((each): [string, string] => [each.name, `${each.name} (${each.kind})`]),
    ], selected.identity),
    identity !== undefined && identity.principal !== "agent"
      ? select("agent", "Through", [["", "nobody: directly"], ...agents.map((each): [string, string] => [each.name, each.name])], selected.agent)
      : "",
    identity === undefined ? "" : area("claims", `Claims of ${identity.name}`, "JSON; a role's conditions must hold for it to count"),
    selected.agent === "" ? "" : area("agentClaims", `Claims of ${selected.agent}`, "JSON"),
    `</fieldset><fieldset><legend>What</legend>`,
    select("server", "Server", servers.map((each): [string, string] => [each.name, each.name]), selected.server),
    select("tool", "Tool", (server?.tools ?? []).map((each): [string, string] => [each.name, each.name]), selected.tool),
    tool === undefined ? `<p class="quiet">No server of this package has a tool.</p>` : said(tool),
    `</fieldset><fieldset><legend>Arguments</legend>`,
    fields.length === 0 ? `<p class="quiet">The tool takes none.</p>` : fields.map(input).join(""),
    `</fieldset><details><summary>Circumstances</summary>`,
    line("at", "Time", "2026-03-02T10:00:00Z; empty: now"),
    line("network", "Network address", "10.10.1.5"),
    line("scopes", "Scopes", "payments:refund"),
    area("context", "Context", `JSON, like {"device": {"managed": true}}`),
    area("state", "State", `JSON, like {"session_holds": ["untrusted"]}`),
    `</details><p><button type="submit">Decide</button></p>`,
  ].join("");
}

/** Whether an agent may act for the user that was picked, or for one that it is a role of. */
function acts(agent: Identity, user: Identity | undefined, description: Description): boolean {
  if (user === undefined || agent.actsFor.length === 0) {
    return false;
  }
  const same = (name: string): boolean =>
    name === user.name || description.identities.some((each) => each.name === name && each.from === user.from);
  return agent.actsFor.some(same);
}

/** The tool's description: the server's words, marked as such. */
function said(tool: Tool): string {
  if (tool.description === "") {
    return "";
  }
  return `<blockquote class="said"><span class="quiet">The server says:</span> ${html(tool.description)}</blockquote>`;
}

function select(name: string, label: string, options: readonly (readonly [string, string])[], selected: string): string {
  const items = options
    .map(([value, text]) => `<option value="${html(value)}"${value === selected ? " selected" : ""}>${html(text)}</option>`)
    .join("");
  return `<label for="f-${name}">${html(label)}</label><select id="f-${name}" name="${name}" data-choice>${items}</select>`;
}

function line(name: string, label: string, placeholder: string): string {
  return `<label for="f-${name}">${html(label)}</label><input id="f-${name}" name="${name}" placeholder="${html(placeholder)}" spellcheck="false">`;
}

function area(name: string, label: string, placeholder: string): string {
  return `<label for="f-${name}">${html(label)}</label><textarea id="f-${name}" name="${name}" rows="3" placeholder="${html(placeholder)}" spellcheck="false"></textarea>`;
}

/** One parameter. */
function input(field: Field, index: number): string {
  const id = `a-${index}`;
  const name = html(`args.${field.name}`);
  const star = field.required ? `<span class="required" title="required">*</span>` : "";
  const hint = field.hint === "" ? "" : `<small>${html(field.hint)}</small>`;
  const words = field.description === "" ? "" : `<small class="said">${html(field.description)}</small>`;
  const head = `<label for="${id}"><code>${html(field.name)}</code>${star}${hint}</label>${words}`;
  switch (field.editor) {
    case "choice":
    case "boolean": {
      const values = field.editor === "boolean" ? ["true", "false"] : field.choices;
      const items = values.map((value) => `<option value="${html(value)}">${html(value)}</option>`).join("");
      return `${head}<select id="${id}" name="${name}"><option value=""></option>${items}</select>`;
    }
    case "lines":
    case "json": {
      const placeholder = field.editor === "lines" ? "one a line" : "JSON";
      return `${head}<textarea id="${id}" name="${name}" rows="2" placeholder="${placeholder}" spellcheck="false"></textarea>`;
    }
    default:
      return `${head}<input id="${id}" name="${name}" ${field.editor === "number" ? 'inputmode="decimal" ' : ""}spellcheck="false">`;
  }
}

const EFFECTS: Readonly<Record<string, string>> = { allow: "ALLOW", deny: "DENY", challenge: "CHALLENGE" };

/** The decision, what it is made of, the rules that were looked at, the way through the graph. */
export function answer(evaluation: Evaluation, graph: Graph | undefined): string {
  const decision = isObject(evaluation.decision) ? evaluation.decision : {};
  const effect = typeof decision["effect"] === "string" ? decision["effect"] : "";
  const kind = Object.hasOwn(EFFECTS, effect) ? effect : "unknown";
  const rule = isObject(decision["rule"]) ? decision["rule"] : undefined;
  return [
    `<h2 class="effect ${kind}">${html(EFFECTS[effect] ?? "NO DECISION")}</h2>`,
    `<p>${html(reason(decision["reason"]))}${rule === undefined ? "" : `, by <b>${html(String(rule["id"] ?? ""))}</b>`}</p>`,
    rule !== undefined && typeof rule["message"] === "string" ? `<p class="message">${html(rule["message"])}</p>` : "",
    obligations(decision),
    `<h3>Rules that were looked at</h3>`,
    trail(evaluation),
    graph === undefined || graph.svg === "" ? "" : `<h3>The way through the decision graph</h3>${picture(graph.svg)}`,
    `<h3>Why</h3><pre>${html(evaluation.text)}</pre>`,
  ].join("");
}

function reason(value: unknown): string {
  return typeof value === "string" ? value.replace(/_/g, " ") : "";
}

/** What must be met, and what comes with an allow. */
function obligations(decision: { [key: string]: unknown }): string {
  const items: string[] = [];
  const each = (title: string, value: unknown): void => {
    if (Array.isArray(value) && value.length > 0) {
      items.push(`<li>${html(title)}: ${value.map((item) => html(inWords(item as Json))).join("; ")}</li>`);
    }
  };
  each("to be met", decision["unmet"]);
  each("rules in error", decision["errors"]);
  each("shadow rules", decision["shadow"]);
  if (isObject(decision["obligations"])) {
    for (const [name, value] of Object.entries(decision["obligations"])) {
      each(name, value);
    }
  }
  return items.length === 0 ? "" : `<ul>${items.join("")}</ul>`;
}

/** A member of a decision as a person reads it: `confidential on result`, `1 by user within 60 s (PAY-30)`. */
function inWords(value: Json): string {
  if (!isObject(value)) {
    return typeof value === "string" ? value : JSON.stringify(value);
  }
  const { label, path, amount, by, window_ms: window, rule, ...rest } = value as Record<string, Json>;
  const words: string[] = [];
  if (label !== undefined) {
    words.push(`${plain(label)}${path === undefined ? "" : ` on ${plain(path)}`}`);
  } else if (path !== undefined) {
    words.push(plain(path));
  }
  if (amount !== undefined) {
    words.push(`${plain(amount)}${by === undefined ? "" : ` by ${plain(by)}`}`);
  }
  if (typeof window === "number") {
    words.push(`within ${window / 1000} s`);
  }
  words.push(...Object.entries(rest).map(([name, item]) => `${name} ${plain(item)}`));
  if (rule !== undefined) {
    words.push(`(${plain(rule)})`);
  }
  return words.join(" ");
}

function plain(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function trail(evaluation: Evaluation): string {
  if (evaluation.trail.length === 0) {
    return `<p class="quiet">None: no rule is about this request.</p>`;
  }
  const row = (rule: Evaluation["trail"][number], index: number): string => {
    const word = rule.outcome.split(" ")[0] ?? "";
    const kind = ["true", "false", "error", "unknown"].includes(word) ? word : "unknown";
    return `<tr><td class="truth ${kind}">${html(rule.outcome)}</td><td><a href="#" data-rule="${index}">${html(rule.rule)}</a></td></tr>`;
  };
  return `<table>${evaluation.trail.map(row).join("")}</table>`;
}

function picture(svg: string): string {
  const data = Buffer.from(svg, "utf8").toString("base64");
  return `<div class="graph"><img alt="The decision graph; what this request met is drawn in red" src="data:image/svg+xml;base64,${data}"></div>`;
}

/** A failure, in place of the answer. */
export function failure(message: string): string {
  return `<p class="failure">${html(message)}</p>`;
}
