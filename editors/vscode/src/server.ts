/**
 * The language server as the rest of the extension sees it: something that answers commands, or says why it cannot.
 */

import { ExecuteCommandRequest } from "vscode-languageclient/node";
import type { LanguageClient } from "vscode-languageclient/node";

/** The commands of the server; `docs/lsp.md` is the contract. */
export type ServerCommand =
  | "mcpz.describe"
  | "mcpz.runTest"
  | "mcpz.traceTest"
  | "mcpz.evaluate"
  | "mcpz.showGraph"
  | "mcpz.showBytecode"
  | "mcpz.whoMayCall";

/** The server is not there: the workspace is not trusted, there is no binary, or it stopped. */
export class NoServer extends Error {
  constructor() {
    super("The mcpz language server is not running. “mcpz: Show Output” says why.");
  }
}

/** Asks the server. */
export type Ask = (command: ServerCommand, argument: Record<string, unknown>) => Promise<unknown>;

/** Asks through whichever client is running now. */
export function asker(client: () => LanguageClient | undefined): Ask {
  return async (command, argument) => {
    const running = client();
    if (running === undefined || !running.isRunning()) {
      throw new NoServer();
    }
    return running.sendRequest(ExecuteCommandRequest.type, { command, arguments: [argument] });
  };
}

/** What went wrong, in one sentence. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
