/**
 * A real VS Code for the end-to-end test: code-server on a port of its own, in a home of its own, driven in a headless Chromium.
 *
 * Where code-server is is told by the caller; nothing is installed here.
 */

import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Longest time that anything may take, in milliseconds. */
export const PATIENCE = 60_000;

const SETTINGS = {
  "chat.disableAIFeatures": true,
  "editor.hover.delay": 200,
  "editor.minimap.enabled": false,
  "extensions.autoCheckUpdates": false,
  "files.autoSave": "off",
  "security.workspace.trust.enabled": false,
  "telemetry.telemetryLevel": "off",
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
};

/** Starts code-server on a folder of a copied folder, with the packed extension in it. */
export async function startServer({ codeServer, vsix, binary, folder, opened, theme }) {
  const home = mkdtempSync(join(tmpdir(), "mcpz-e2e-"));
  cpSync(folder, join(home, "copy"), { recursive: true });
  const workspace = join(home, "copy", opened);
  const user = join(home, "user");
  mkdirSync(join(user, "User"), { recursive: true });
  writeFileSync(join(user, "User", "settings.json"), JSON.stringify({ ...SETTINGS, "workbench.colorTheme": theme }));
  // Where the binary is belongs to the machine that the server runs on, not to the person.
  mkdirSync(join(user, "Machine"));
  writeFileSync(join(user, "Machine", "settings.json"), JSON.stringify({ "mcpz.path": binary }));
  const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: join(home, ".config"), XDG_DATA_HOME: join(home, ".local") };
  delete env.VSCODE_IPC_HOOK_CLI;
  // A script of Node, or a command.
  const [program, ...entry] = codeServer.endsWith(".js") ? [process.execPath, codeServer] : [codeServer];
  const shared = ["--user-data-dir", user, "--extensions-dir", join(home, "extensions")];
  const installed = spawnSync(program, [...entry, ...shared, "--install-extension", vsix], { env, encoding: "utf8" });
  if (installed.status !== 0) {
    rmSync(home, { recursive: true, force: true });
    throw new Error(`the extension was not installed: ${installed.stderr}${installed.stdout}`);
  }
  const port = await freePort();
  const log = openSync(join(home, "server.log"), "w");
  const words = ["--auth", "none", "--bind-addr", `127.0.0.1:${port}`, "--disable-telemetry", "--disable-update-check"];
  const server = spawn(program, [...entry, ...shared, ...words, "--disable-workspace-trust", "--disable-getting-started-override"], {
    env,
    stdio: ["ignore", log, log],
    detached: true,
  });
  const stop = () => {
    try {
      process.kill(-server.pid, "SIGKILL");
    } catch {
      // It is gone already.
    }
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await answers(`http://127.0.0.1:${port}/healthz`);
  } catch (error) {
    stop();
    throw error;
  }
  return { url: `http://127.0.0.1:${port}/?folder=${encodeURIComponent(workspace)}`, home, workspace, stop };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function answers(url) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    try {
      const response = await fetch(url);
      if (response.ok) {
        return;
      }
    } catch {
      // Not yet.
    }
    if (Date.now() > end) {
      throw new Error("code-server did not start");
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** What a person does in the workbench. */
export class Workbench {
  constructor(page, pictures) {
    this.page = page;
    this.pictures = pictures;
  }

  async open(url) {
    await this.page.goto(url, { timeout: PATIENCE });
    await this.page.locator(".monaco-workbench").waitFor();
    await this.page.locator(".explorer-folders-view .monaco-list-row").first().waitFor();
  }

  keys(...keys) {
    return keys.reduce((before, key) => before.then(() => this.page.keyboard.press(key)), Promise.resolve());
  }

  type(text) {
    return this.page.keyboard.type(text, { delay: 20 });
  }

  /** Types into the box at the top, and takes the first offer that fits. */
  async pick(key, text, offer) {
    await this.keys(key);
    const box = this.page.locator(".quick-input-widget input:visible").first();
    await box.waitFor();
    await box.fill(text);
    await this.page.locator(".quick-input-list .monaco-list-row.focused", { hasText: offer }).first().waitFor();
    await this.keys("Enter");
    await this.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
  }

  command(title) {
    return this.pick("F1", `>${title}`, title);
  }

  async openFile(name) {
    await this.pick("Control+p", name, name);
    await this.page.locator(".editor-group-container.active .tab.active", { hasText: name }).waitFor();
    await this.editor().locator(".view-line").first().waitFor();
  }

  /** The editor that has the keyboard. */
  editor() {
    return this.page.locator(".editor-group-container.active .monaco-editor").first();
  }

  /** Puts the cursor to a line and column. */
  async goTo(line, column) {
    await this.keys("Control+g");
    const box = this.page.locator(".quick-input-widget input:visible").first();
    await box.waitFor();
    await box.fill(`:${line}:${column}`);
    await this.keys("Enter");
    await this.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
  }

  /** The text of a line that holds this. */
  line(text) {
    return this.editor().locator(".view-line", { hasText: text }).first();
  }

  async picture(name) {
    // What moves has come to rest: the workbench draws in steps, and has no event for the last.
    await this.page.evaluate(() => new Promise((done) => requestIdleCallback(done, { timeout: 2000 })));
    await this.page.screenshot({ path: join(this.pictures, `${name}.png`) });
  }
}
