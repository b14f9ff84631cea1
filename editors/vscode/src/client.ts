/**
 * The language client: `mcpz lsp` on standard input and output.
 *
 * Nothing is started in a workspace that is not trusted, whatever the binary: the decision is made here, in one place.
 */

import { accessSync, constants, statSync } from "node:fs";
import * as vscode from "vscode";
import { LanguageClient, RevealOutputChannelOn, Trace } from "vscode-languageclient/node";
import type { LanguageClientOptions, ServerOptions } from "vscode-languageclient/node";
import { findBinary } from "./binary";
import type { Found, Machine } from "./binary";
import { message } from "./escape";
import { reasonOf } from "./server";

const TRACES: Readonly<Record<string, Trace>> = {
  off: Trace.Off,
  messages: Trace.Messages,
  verbose: Trace.Verbose,
};

/** Shows what a command of the server answered; `undefined` leaves it to the client. */
export type OnCommand = (command: string, args: unknown[]) => Promise<unknown> | undefined;

/** This machine. */
const machine: Machine = {
  platform: process.platform,
  env: process.env,
  isExecutable(file) {
    try {
      accessSync(file, constants.X_OK);
      return statSync(file).isFile();
    } catch {
      return false;
    }
  },
};

/** The binary, by the settings as they are now. */
export function binary(context: vscode.ExtensionContext): Found {
  const setting = vscode.workspace.getConfiguration("mcpz").get<string>("path", "");
  return findBinary(setting, context.extensionPath, machine);
}

/** Owns the client: starts, stops and restarts it. */
export class Client implements vscode.Disposable {
  private running: LanguageClient | undefined;
  /** One change after the other: two restarts at once must not leave two servers. */
  private last: Promise<void> = Promise.resolve();
  private readonly status: vscode.LanguageStatusItem;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly output: vscode.LogOutputChannel,
    private readonly onCommand: OnCommand,
  ) {
    this.status = vscode.languages.createLanguageStatusItem("mcpz.server", { language: "mcpz" });
    this.status.name = "mcpz";
    this.status.command = { title: "Restart", command: "mcpz.restartServer" };
    this.say("not started", vscode.LanguageStatusSeverity.Information);
  }

  /** The client, when it runs. */
  get current(): LanguageClient | undefined {
    return this.running;
  }

  /** Starts the server, unless the workspace is not trusted or there is no binary. */
  start(): Promise<void> {
    return this.queue(() => this.startNow());
  }

  /** Stops and starts, with the settings as they are now. */
  restart(): Promise<void> {
    return this.queue(async () => {
      await this.stopNow();
      await this.startNow();
    });
  }

  stop(): Promise<void> {
    return this.queue(() => this.stopNow());
  }

  /** Follows the setting `mcpz.trace.server`. */
  async setTrace(): Promise<void> {
    const word = vscode.workspace.getConfiguration("mcpz").get<string>("trace.server", "off");
    await this.running?.setTrace(TRACES[word] ?? Trace.Off);
  }

  dispose(): void {
    this.status.dispose();
  }

  private queue(work: () => Promise<void>): Promise<void> {
    this.last = this.last.then(work, work);
    return this.last;
  }

  private async startNow(): Promise<void> {
    if (this.running !== undefined) {
      return;
    }
    if (!vscode.workspace.isTrusted) {
      this.say("workspace not trusted: nothing is run", vscode.LanguageStatusSeverity.Information);
      this.output.info("the workspace is not trusted: the language server is not started");
      return;
    }
    const found = binary(this.context);
    if (found.kind === "missing") {
      this.say("no mcpz binary", vscode.LanguageStatusSeverity.Warning);
      this.output.warn(found.message);
      void this.offer(found.message);
      return;
    }
    this.output.info(`starting ${found.path} (${found.from}) lsp`);
    const client = new LanguageClient("mcpz", "mcpz", server(found.path), this.options());
    try {
      await client.start();
      this.running = client;
      await this.setTrace();
      this.say("running", vscode.LanguageStatusSeverity.Information);
    } catch (error) {
      this.say("did not start", vscode.LanguageStatusSeverity.Error);
      this.output.error(`the language server did not start: ${reasonOf(error)}`);
      void vscode.window
        .showErrorMessage(`mcpz: the language server did not start: ${message(reasonOf(error))}`, "Show Output")
        .then((choice) => (choice === undefined ? undefined : this.output.show()));
    }
  }

  private async stopNow(): Promise<void> {
    const client = this.running;
    this.running = undefined;
    this.say("stopped", vscode.LanguageStatusSeverity.Information);
    await client?.dispose().catch((error: unknown) => this.output.warn(`stopping: ${reasonOf(error)}`));
  }

  private async offer(reason: string): Promise<void> {
    const choice = await vscode.window.showWarningMessage(`mcpz: ${message(reason)}`, "Open Settings", "Try Again");
    if (choice === "Open Settings") {
      await vscode.commands.executeCommand("workbench.action.openSettings", "mcpz.path");
    } else if (choice === "Try Again") {
      await this.restart();
    }
  }

  private say(text: string, severity: vscode.LanguageStatusSeverity): void {
    this.status.text = `mcpz: ${text}`;
    this.status.severity = severity;
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: [
        { scheme: "file", language: "mcpz" },
        { scheme: "untitled", language: "mcpz" },
        { scheme: "mcpz-std", language: "mcpz" },
        { scheme: "file", pattern: "**/mcpz.toml" },
      ],
      synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/{mcpz.toml,mcpz.lock,*.mcpz,*.json}") },
      // Pushed diagnostics cover every file of the package, open or not: the Problems view is whole.
      initializationOptions: { virtualDocuments: true, diagnostics: "push" },
      outputChannel: this.output,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      // Text that came from a server of somebody else is text: no command links, no HTML.
      markdown: { isTrusted: false, supportHtml: false },
      middleware: {
        executeCommand: async (command, args, next) => this.onCommand(command, args) ?? next(command, args),
      },
    };
  }
}

function server(path: string): ServerOptions {
  return { command: path, args: ["lsp"], options: { shell: false } };
}
