/**
 * What the server's commands answer, shown: pictures, listings, traces.
 */

import * as vscode from "vscode";
import { html, visible } from "./escape";
import { isObject, readEvaluation, readGraph } from "./protocol";
import type { TrailRule } from "./protocol";
import type { Ask } from "./server";

/** A document that can be read and not written: the text of an answer. */
export class Answers implements vscode.TextDocumentContentProvider {
  static readonly scheme = "mcpz-answer";
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.path) ?? "";
  }

  /** Shows text beside the editor, under a title of its own. */
  async show(title: string, text: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: Answers.scheme, path: `/${title}` });
    this.texts.set(uri.path, visible(text));
    this.changed.fire(uri);
    await vscode.window.showTextDocument(uri, { viewColumn: vscode.ViewColumn.Beside, preview: true, preserveFocus: true });
  }
}

/** Shows the decision graph in a page without scripts. */
export async function showGraph(ask: Ask, argument: Record<string, unknown>): Promise<void> {
  const graph = readGraph(await ask("mcpz.showGraph", argument));
  const panel = vscode.window.createWebviewPanel("mcpz.graph", "mcpz: Decision Graph", vscode.ViewColumn.Beside, {
    enableScripts: false,
    localResourceRoots: [],
  });
  const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";
  const data = Buffer.from(graph.svg, "utf8").toString("base64");
  panel.webview.html =
    `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">` +
    `<meta http-equiv="Content-Security-Policy" content="${html(policy)}">` +
    `<style>body{background:#fff;margin:1rem}.vscode-dark{background:var(--vscode-editor-background)}` +
    // The picture has the colours of paper; where the theme is dark they are turned round, and red stays red.
    `.vscode-dark img{filter:invert(.88) hue-rotate(180deg)}</style></head><body>` +
    `<img alt="Decision graph" src="data:image/svg+xml;base64,${data}"></body></html>`;
}

/** Shows the disassembly. */
export async function showBytecode(ask: Ask, answers: Answers, argument: Record<string, unknown>): Promise<void> {
  await answers.show("bytecode.txt", textOf(await ask("mcpz.showBytecode", argument)));
}

/** Shows which rules are about a tool. */
export async function showWhoMayCall(ask: Ask, answers: Answers, argument: Record<string, unknown>): Promise<void> {
  await answers.show("who-may-call.txt", textOf(await ask("mcpz.whoMayCall", argument)));
}

/** Shows the decision on the test at the cursor, and marks the rules that were looked at. */
export async function showEvaluation(ask: Ask, answers: Answers, argument: Record<string, unknown>): Promise<void> {
  const evaluation = readEvaluation(await ask("mcpz.evaluate", argument));
  trails.show(evaluation.trail);
  await answers.show("decision.txt", evaluation.text);
}

/** How long editors must not have come or gone before one is drawn in. */
const AT_REST_MS = 150;

/** A line with what became of its rule: a bar at its left, and a word behind it. */
function trailKind(color: string): vscode.TextEditorDecorationType {
  const theme = new vscode.ThemeColor(color);
  return vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    borderColor: theme,
    borderStyle: "solid",
    borderWidth: "0 0 0 3px",
    overviewRulerColor: theme,
    overviewRulerLane: vscode.OverviewRulerLane.Left,
    after: { margin: "0 0 0 2em", color: theme, fontStyle: "italic" },
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
  });
}

/** What became of each rule that was looked at, at its first line, until somebody types. */
class Trails implements vscode.Disposable {
  private readonly kinds: Readonly<Record<"true" | "false" | "other", vscode.TextEditorDecorationType>> = {
    true: trailKind("charts.green"),
    false: trailKind("descriptionForeground"),
    other: trailKind("charts.yellow"),
  };
  private trail: readonly TrailRule[] = [];
  /**
   * Editors and the trail that was drawn in them. One that is just being closed refuses to be drawn in, and the workbench logs
   * `Illegal argument: TextEditor`: so nothing is drawn twice, nothing where there is nothing to draw, and nothing before editors
   * that come and go in one breath have come to rest.
   */
  private readonly drawn = new WeakMap<vscode.TextEditor, readonly TrailRule[]>();
  private pause: NodeJS.Timeout | undefined;
  private readonly listeners = [
    vscode.window.onDidChangeVisibleTextEditors(() => {
      clearTimeout(this.pause);
      this.pause = setTimeout(() => this.draw(), AT_REST_MS);
    }),
    vscode.workspace.onDidChangeTextDocument((event) => {
      if (event.document.languageId === "mcpz" && event.contentChanges.length > 0) {
        this.show([]);
      }
    }),
  ];

  show(trail: readonly TrailRule[]): void {
    this.trail = trail;
    this.draw();
  }

  dispose(): void {
    clearTimeout(this.pause);
    Object.values(this.kinds).forEach((kind) => kind.dispose());
    this.listeners.forEach((listener) => listener.dispose());
  }

  private draw(): void {
    for (const editor of vscode.window.visibleTextEditors) {
      const uri = editor.document.uri.toString();
      const here = this.trail.filter((rule) => vscode.Uri.parse(rule.uri).toString() === uri);
      const known = this.drawn.get(editor);
      if (known === this.trail || (known === undefined && here.length === 0)) {
        continue;
      }
      this.drawn.set(editor, this.trail);
      for (const [word, kind] of Object.entries(this.kinds)) {
        const own = here.filter((rule) => kindOf(rule.outcome) === word);
        editor.setDecorations(kind, own.map((rule) => mark(editor.document, rule)));
      }
    }
  }
}

function kindOf(outcome: string): "true" | "false" | "other" {
  return outcome === "true" || outcome === "false" ? outcome : "other";
}

function mark(document: vscode.TextDocument, rule: TrailRule): vscode.DecorationOptions {
  const line = Math.min(rule.range.start.line, Math.max(0, document.lineCount - 1));
  return { range: document.lineAt(line).range, renderOptions: { after: { contentText: `⟵ ${visible(rule.outcome)}` } } };
}

/** The trail of the last request that was decided. */
export const trails = new Trails();

function textOf(answer: unknown): string {
  return isObject(answer) && typeof answer["text"] === "string" ? answer["text"] : "";
}
