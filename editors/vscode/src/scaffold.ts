/**
 * A first policy: `mcpz new NAME` as a task, in the folder that is open, then its rules in the editor.
 */

import * as vscode from "vscode";
import { binary } from "./client";

/** Asks for a name, makes the package and opens it. */
export async function newPackage(context: vscode.ExtensionContext): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (folder === undefined) {
    await vscode.commands.executeCommand("vscode.openFolder");
    return;
  }
  if (!vscode.workspace.isTrusted) {
    throw new Error("nothing is run in a workspace that is not trusted");
  }
  const found = binary(context);
  if (found.kind === "missing") {
    throw new Error(found.message);
  }
  const name = await vscode.window.showInputBox({
    prompt: "The name of the package: a new folder is made for it",
    value: "acme",
    validateInput: (value) =>
      /^[a-z][a-z0-9_]*$/.test(value) ? undefined : "Small letters, digits and _, starting with a letter",
  });
  if (name === undefined) {
    return;
  }
  const execution = new vscode.ProcessExecution(found.path, ["new", name], { cwd: folder.uri.fsPath });
  const task = new vscode.Task({ type: "mcpz", command: "new" }, folder, `new ${name}`, "mcpz", execution);
  const code = await run(task);
  if (code !== 0) {
    throw new Error(`the package was not made: the terminal says why`);
  }
  await vscode.window.showTextDocument(vscode.Uri.joinPath(folder.uri, name, "policy", "rules.mcpz"));
}

/** Runs a task to its end. */
function run(task: vscode.Task): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const listener = vscode.tasks.onDidEndTaskProcess((event) => {
      if (event.execution.task.name === task.name) {
        listener.dispose();
        resolve(event.exitCode);
      }
    });
    vscode.tasks.executeTask(task).then(undefined, reject);
  });
}
