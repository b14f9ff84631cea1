/**
 * Tasks: `mcpz check`, `test`, `fmt` and `build` for each package of the workspace.
 */

import * as path from "node:path";
import * as vscode from "vscode";
import { binary } from "./client";

const COMMANDS: readonly (readonly [string, vscode.TaskGroup | undefined])[] = [
  ["check", vscode.TaskGroup.Build],
  ["test", vscode.TaskGroup.Test],
  ["fmt", undefined],
  ["build", vscode.TaskGroup.Build],
];

const MAX_PACKAGES = 100;

/** What stands in `tasks.json`. */
interface Definition extends vscode.TaskDefinition {
  readonly command: string;
  readonly args?: readonly string[];
  readonly package?: string;
}

/** Provides the tasks. In a workspace that is not trusted there are none. */
export class Tasks implements vscode.TaskProvider {
  constructor(private readonly context: vscode.ExtensionContext) {}

  async provideTasks(): Promise<vscode.Task[]> {
    const manifests = await vscode.workspace.findFiles("**/mcpz.toml", "**/{node_modules,target,build}/**", MAX_PACKAGES);
    const tasks = manifests.flatMap((manifest) => {
      const folder = vscode.workspace.getWorkspaceFolder(manifest);
      const below = folder === undefined ? "" : path.relative(folder.uri.fsPath, path.dirname(manifest.fsPath));
      return COMMANDS.map(([command]) => this.task({ type: "mcpz", command, ...(below === "" ? {} : { package: below }) }, folder));
    });
    return tasks.filter((task): task is vscode.Task => task !== undefined);
  }

  resolveTask(task: vscode.Task): vscode.Task | undefined {
    const folder = typeof task.scope === "object" ? task.scope : undefined;
    return this.task(task.definition as Definition, folder);
  }

  private task(definition: Definition, folder: vscode.WorkspaceFolder | undefined): vscode.Task | undefined {
    const found = binary(this.context);
    if (!vscode.workspace.isTrusted || found.kind === "missing" || typeof definition.command !== "string") {
      return undefined;
    }
    const below = definition.package ?? "";
    // Paths in the output are relative to where the process runs: the folder that the problem matchers know.
    const options: vscode.ProcessExecutionOptions = {
      env: { NO_COLOR: "1", TERM: "dumb" },
      ...(folder === undefined ? {} : { cwd: folder.uri.fsPath }),
    };
    const where = below === "" ? [] : ["-C", below];
    const words = [...where, definition.command, ...(definition.args ?? [])];
    const execution = new vscode.ProcessExecution(found.path, words, options);
    const name = below === "" ? definition.command : `${definition.command} (${below})`;
    const task = new vscode.Task(definition, folder ?? vscode.TaskScope.Workspace, name, "mcpz", execution, ["$mcpz", "$mcpz-test"]);
    const group = COMMANDS.find(([command]) => command === definition.command)?.[1];
    if (group !== undefined) {
      task.group = group;
    }
    return task;
  }
}
