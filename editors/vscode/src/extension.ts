/**
 * The extension: puts the parts together.
 *
 * - `client.ts` runs `mcpz lsp`; nothing is run in a workspace that is not trusted.
 * - `testing.ts` is the Test Explorer, `panel/` the decision panel, `tasks.ts` the tasks, `shown.ts` what the other commands show.
 * - `binary.ts`, `scan.ts`, `schema.ts`, `cases.ts`, `protocol.ts`, `escape.ts` and `panel/html.ts` know nothing of VS Code and are
 *   tested by themselves.
 *
 * There is no telemetry, and nothing here opens a connection.
 */

import * as vscode from "vscode";
import { Client } from "./client";
import { message } from "./escape";
import { DecisionPanel } from "./panel/panel";
import { isObject } from "./protocol";
import { newPackage } from "./scaffold";
import { asker, reasonOf } from "./server";
import { Answers, showBytecode, showEvaluation, showGraph, showWhoMayCall, trails } from "./shown";
import { Tasks } from "./tasks";
import { Tests } from "./testing";

let client: Client | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const output = vscode.window.createOutputChannel("mcpz", { log: true });
  const answers = new Answers();
  const ask = asker(() => client?.current);
  const tests = new Tests(ask, output);
  const shown = (work: Promise<void>): Promise<void> =>
    work.catch((error: unknown) => void vscode.window.showErrorMessage(`mcpz: ${message(reasonOf(error))}`));
  // Code lenses carry the server's commands; what they answer is shown here.
  const onCommand = (command: string, args: unknown[]): Promise<unknown> | undefined => {
    const argument: Record<string, unknown> | undefined = isObject(args[0]) ? args[0] : here();
    if (argument === undefined) {
      return undefined;
    }
    const uri = typeof argument["uri"] === "string" ? vscode.Uri.parse(argument["uri"]) : undefined;
    const title = typeof argument["test"] === "string" ? argument["test"] : undefined;
    switch (command) {
      case "mcpz.runTest":
        return uri === undefined ? undefined : tests.runNamed(uri, title, "run");
      case "mcpz.traceTest":
        return uri === undefined ? undefined : tests.runNamed(uri, title, "trace");
      case "mcpz.evaluate":
        return shown(showEvaluation(ask, answers, argument));
      case "mcpz.showGraph":
        return shown(showGraph(ask, argument));
      case "mcpz.showBytecode":
        return shown(showBytecode(ask, answers, argument));
      case "mcpz.whoMayCall":
        return shown(showWhoMayCall(ask, answers, argument));
    }
    return undefined;
  };
  client = new Client(context, output, onCommand);
  const command = (name: string, run: (...args: unknown[]) => unknown): vscode.Disposable =>
    vscode.commands.registerCommand(name, run);
  const atCursor = (name: string): vscode.Disposable =>
    command(`${name}Here`, () => {
      const argument = here();
      return argument === undefined ? needsPolicy() : onCommand(name, [argument]);
    });
  context.subscriptions.push(
    output,
    client,
    tests,
    trails,
    vscode.workspace.registerTextDocumentContentProvider(Answers.scheme, answers),
    // Sources of the standard library, and pages of the error index: in the binary, not on disk.
    ...["mcpz-std", "mcpz-docs"].map((scheme) =>
      vscode.workspace.registerTextDocumentContentProvider(scheme, { provideTextDocumentContent: (uri) => held(uri) }),
    ),
    vscode.tasks.registerTaskProvider("mcpz", new Tasks(context)),
    command("mcpz.restartServer", () => client?.restart()),
    command("mcpz.showOutput", () => output.show()),
    command("mcpz.openDecisionPanel", () => {
      const uri = vscode.window.activeTextEditor?.document.uri;
      return uri?.scheme === "file" ? DecisionPanel.open(context, ask, uri) : needsPolicy();
    }),
    command("mcpz.newPackage", () => shown(newPackage(context))),
    ...["mcpz.evaluate", "mcpz.showGraph", "mcpz.showBytecode", "mcpz.whoMayCall"].map(atCursor),
    vscode.workspace.onDidGrantWorkspaceTrust(() => void client?.start()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("mcpz.path")) {
        void client?.restart();
      } else if (event.affectsConfiguration("mcpz.trace.server")) {
        void client?.setTrace();
      }
    }),
  );
  await client.start();
}

export async function deactivate(): Promise<void> {
  await client?.stop();
}

/** The document and position of the cursor, when it is in a policy. */
function here(): { uri: string; position: vscode.Position } | undefined {
  const editor = vscode.window.activeTextEditor;
  return editor?.document.languageId === "mcpz"
    ? { uri: editor.document.uri.toString(), position: editor.selection.active }
    : undefined;
}

function needsPolicy(): void {
  void vscode.window.showInformationMessage("mcpz: open a policy file (*.mcpz) first.");
}

/** A document that the server holds. */
async function held(uri: vscode.Uri): Promise<string> {
  const answer: unknown = await client?.current?.sendRequest("workspace/textDocumentContent", { uri: uri.toString() });
  return isObject(answer) && typeof answer["text"] === "string" ? answer["text"] : "";
}
