/**
 * The decision panel: a form for a request, made from the package and the pinned schemas, and what the policy decides on it.
 */

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { caseOf, claimsTemplate } from "../cases";
import { isObject, readDescription, readEvaluation, readGraph } from "../protocol";
import type { Description, Evaluation, Graph, Identity } from "../protocol";
import { argumentsOf, fieldsOf } from "../schema";
import type { Ask } from "../server";
import { reasonOf } from "../server";
import { answer, failure, form, page } from "./html";
import type { Selected } from "./html";

type Values = Record<string, string>;

/** One panel at a time: it follows the package of the file that was active when it was opened. */
export class DecisionPanel {
  private static current: DecisionPanel | undefined;
  private description: Description | undefined;
  private evaluation: Evaluation | undefined;

  /** Opens the panel for the package of a file, or shows it if it is open. */
  static open(context: vscode.ExtensionContext, ask: Ask, uri: vscode.Uri): void {
    if (DecisionPanel.current === undefined) {
      DecisionPanel.current = new DecisionPanel(context, ask, uri);
    } else {
      DecisionPanel.current.uri = uri;
      DecisionPanel.current.panel.reveal(vscode.ViewColumn.Beside);
      void DecisionPanel.current.choose({});
    }
  }

  private readonly panel: vscode.WebviewPanel;

  private constructor(
    context: vscode.ExtensionContext,
    private readonly ask: Ask,
    private uri: vscode.Uri,
  ) {
    const media = vscode.Uri.joinPath(context.extensionUri, "media");
    const dist = vscode.Uri.joinPath(context.extensionUri, "dist");
    this.panel = vscode.window.createWebviewPanel("mcpz.decision", "mcpz: Decide a Request", vscode.ViewColumn.Beside, {
      enableScripts: true,
      enableCommandUris: false,
      enableForms: true,
      localResourceRoots: [media, dist],
    });
    const webview = this.panel.webview;
    webview.onDidReceiveMessage((message: unknown) => void this.receive(message));
    this.panel.onDidDispose(() => {
      DecisionPanel.current = undefined;
    });
    webview.html = page({
      source: webview.cspSource,
      nonce: randomBytes(16).toString("hex"),
      script: webview.asWebviewUri(vscode.Uri.joinPath(dist, "panel.js")).toString(),
      style: webview.asWebviewUri(vscode.Uri.joinPath(media, "panel.css")).toString(),
    });
  }

  private async receive(message: unknown): Promise<void> {
    if (!isObject(message)) {
      return;
    }
    const values = isObject(message["values"]) ? texts(message["values"]) : {};
    switch (message["kind"]) {
      case "ready":
      case "choose":
        return this.choose(values);
      case "decide":
        return this.decide(values);
      case "open":
        return this.openRule(Number(message["rule"]));
    }
  }

  /** Reads the package anew and shows the form for what is chosen. */
  private async choose(values: Values): Promise<void> {
    try {
      this.description = readDescription(await this.ask("mcpz.describe", { uri: this.uri.toString() }));
      const selected = select(this.description, values);
      const templates: Values = {};
      const identity = this.identity(selected.identity);
      const agent = this.identity(selected.agent);
      if (identity !== undefined) {
        templates["claims"] = claimsTemplate(identity);
      }
      if (agent !== undefined) {
        templates["agentClaims"] = claimsTemplate(agent);
      }
      const fields = this.fields(selected);
      this.post({ kind: "form", html: form(this.description, selected, fields), templates });
    } catch (error) {
      this.post({ kind: "form", html: failure(reasonOf(error)) });
    }
  }

  private async decide(values: Values): Promise<void> {
    try {
      if (this.description === undefined) {
        return;
      }
      const selected = select(this.description, values);
      const typed: Values = {};
      for (const [name, value] of Object.entries(values)) {
        if (name.startsWith("args.")) {
          typed[name.slice("args.".length)] = value;
        }
      }
      const text = caseOf({
        server: selected.server,
        tool: selected.tool,
        arguments: argumentsOf(this.fields(selected), typed),
        identity: this.identity(selected.identity),
        agent: this.identity(selected.agent),
        claims: values["claims"] ?? "",
        agentClaims: values["agentClaims"] ?? "",
        at: values["at"] ?? "",
        network: values["network"] ?? "",
        context: values["context"] ?? "",
        state: values["state"] ?? "",
        scopes: values["scopes"] ?? "",
      });
      const uri = this.uri.toString();
      const request: unknown = JSON.parse(text);
      this.evaluation = readEvaluation(await this.ask("mcpz.evaluate", { uri, case: request }));
      this.post({ kind: "answer", html: answer(this.evaluation, await this.graph(uri, request)) });
    } catch (error) {
      this.post({ kind: "answer", html: failure(reasonOf(error)) });
    }
  }

  /** The graph with the way of the request; a request that meets no rule has none. */
  private async graph(uri: string, request: unknown): Promise<Graph | undefined> {
    try {
      return readGraph(await this.ask("mcpz.showGraph", { uri, case: request }));
    } catch {
      return undefined;
    }
  }

  private async openRule(index: number): Promise<void> {
    const rule = this.evaluation?.trail[index];
    if (rule === undefined) {
      return;
    }
    const { start, end } = rule.range;
    const selection = new vscode.Range(start.line, start.character, end.line, end.character);
    await vscode.window.showTextDocument(vscode.Uri.parse(rule.uri), { selection, viewColumn: vscode.ViewColumn.One });
  }

  private identity(name: string): Identity | undefined {
    return name === "" ? undefined : this.description?.identities.find((each) => each.name === name);
  }

  private fields(selected: Selected): ReturnType<typeof fieldsOf> {
    const server = this.description?.servers.find((each) => each.name === selected.server);
    const tool = server?.tools.find((each) => each.name === selected.tool);
    return tool === undefined ? [] : fieldsOf(tool.inputSchema);
  }

  private post(message: { kind: string; html: string; templates?: Values }): void {
    void this.panel.webview.postMessage(message);
  }
}

/** What is chosen, as far as the package has it; else the first there is. */
function select(description: Description, values: Values): Selected {
  const servers = description.servers.filter((each) => each.tools.length > 0);
  const server = servers.find((each) => each.name === values["server"]) ?? servers[0];
  const tool = server?.tools.find((each) => each.name === values["tool"]) ?? server?.tools[0];
  const wanted = values["identity"];
  const identity =
    wanted === ""
      ? undefined
      : (description.identities.find((each) => each.name === wanted) ?? description.identities[0]);
  const mayActFor = identity !== undefined && identity.principal !== "agent";
  const agent = mayActFor ? description.identities.find((each) => each.name === values["agent"]) : undefined;
  return {
    server: server?.name ?? "",
    tool: tool?.name ?? "",
    identity: identity?.name ?? "",
    agent: agent?.principal === "agent" ? agent.name : "",
  };
}

function texts(values: { [key: string]: unknown }): Values {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}
