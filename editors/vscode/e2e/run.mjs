/**
 * The extension in a real VS Code: what an author does in the first quarter of an hour, with pictures of it.
 *
 *     node run.mjs --code-server FILE --playwright FOLDER --browser FILE --vsix FILE --binary FILE --examples FOLDER --pictures FOLDER
 *
 * `cargo xtask vscode-e2e` finds all of that and runs it. Every step waits for what it is about and fails after a minute; nothing sleeps.
 */

import { strict as assert } from "node:assert";
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { PATIENCE, Workbench, startServer } from "./workbench.mjs";

const { values } = parseArgs({
  options: {
    "code-server": { type: "string" },
    playwright: { type: "string" },
    vsix: { type: "string" },
    binary: { type: "string" },
    examples: { type: "string" },
    pictures: { type: "string" },
    browser: { type: "string" },
    theme: { type: "string", multiple: true, default: ["light", "dark"] },
  },
});

const THEMES = { light: "Default Light Modern", dark: "Default Dark Modern" };

const { chromium } = createRequire(import.meta.url)(resolve(values.playwright));
const browser = await chromium.launch({ executablePath: values.browser, args: ["--no-sandbox"] });
let failed = false;
for (const theme of values.theme) {
  const pictures = join(resolve(values.pictures), theme);
  mkdirSync(pictures, { recursive: true });
  const server = await startServer({
    codeServer: resolve(values["code-server"]),
    vsix: resolve(values.vsix),
    binary: resolve(values.binary),
    folder: resolve(values.examples),
    opened: "payments",
    theme: THEMES[theme],
  });
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, deviceScaleFactor: 1 });
  page.setDefaultTimeout(PATIENCE);
  const bench = new Workbench(page, pictures);
  try {
    await session(bench, server.url, theme);
    const refused = extensionLog(server.home).split("\n").filter((line) => /\[(warning|error)\].*Illegal argument/.test(line));
    assert.deepEqual(refused, [], "the workbench refused what the extension asked");
  } catch (error) {
    failed = true;
    await bench.picture("failed").catch(() => undefined);
    console.error(`${theme}: ${error instanceof Error ? error.stack : error}\n${extensionLog(server.home)}`);
  } finally {
    await page.close();
    server.stop();
  }
}
await browser.close();
process.exitCode = failed ? 1 : 0;

/** What the extension wrote to its output. */
function extensionLog(home) {
  const names = readdirSync(home, { recursive: true }).filter((name) => /mcpz\.mcpz.*\.log$|remoteexthost\.log$/.test(name));
  return names.map((name) => `--- ${name}\n${readFileSync(join(home, name), "utf8")}`).join("\n");
}

/** One author, one theme. */
async function session(bench, url, theme) {
  const step = async (name, act) => {
    const begin = Date.now();
    await act(bench);
    console.log(`${theme}: ${name} (${((Date.now() - begin) / 1000).toFixed(1)} s)`);
  };
  await step("the package is open", () => open(bench, url));
  await step("a typo is underlined, listed and mended", typo);
  await step("a parameter is completed from the schema", complete);
  await step("a tool is hovered", hover);
  await step("a test runs from the gutter", runTest);
  await step("coverage is in the gutter", coverage);
  await step("a test is traced", trace);
  await step("the test at the cursor is decided, with the trail at its rules", evaluate);
  await step("the decision panel decides", decide);
  await step("the decision graph is drawn", graph);
}

async function open(bench, url) {
  await bench.open(url);
  await bench.openFile("rules.mcpz");
  // The lenses come from the server: it runs, and knows the package.
  await bench.editor().locator(".codelens-decoration", { hasText: "1 role" }).first().waitFor();
  await bench.picture("01-open");
}

async function typo(bench) {
  const { page } = bench;
  await bench.goTo(12, 11);
  await bench.keys("Delete", "Delete");
  await bench.type("li");
  await bench.line("permit analist").waitFor();
  await bench.editor().locator(".squiggly-error").first().waitFor();
  await bench.picture("02-squiggle");
  await bench.keys("Control+Shift+M");
  const entry = page.locator(".markers-panel .monaco-list-row", { hasText: "analist" });
  await entry.first().waitFor();
  assert.match(await entry.first().innerText(), /did you mean.*analyst/s);
  await bench.picture("03-problems");
  await bench.keys("Control+Shift+M");
  await page.locator(".markers-panel").waitFor({ state: "hidden" });
  await bench.goTo(12, 11);
  await bench.keys("Control+.");
  await page.locator(".action-widget .monaco-list-row", { hasText: "Change to" }).first().waitFor();
  await bench.picture("04-quick-fix");
  await bench.keys("Enter");
  await bench.line("permit analyst").waitFor();
  await bench.editor().locator(".squiggly-error").first().waitFor({ state: "detached" });
}

async function complete(bench) {
  const { page } = bench;
  await bench.keys("Control+End");
  await bench.type("\n\npermit sre to call payments.refund where args.");
  const offers = page.locator(".suggest-widget.visible .monaco-list-row");
  await offers.filter({ hasText: "currency" }).first().waitFor();
  for (const name of ["amount", "payee", "invoice_id"]) {
    assert.equal(await offers.filter({ hasText: name }).count(), 1, name);
  }
  await bench.picture("05-completion");
  await bench.type("curr");
  await offers.filter({ hasText: "amount" }).first().waitFor({ state: "detached" });
  await bench.keys("Tab");
  await bench.line("args.currency").waitFor();
  await bench.type(' == "');
  await offers.filter({ hasText: "GBP" }).first().waitFor();
  await bench.picture("06-enum-values");
  await bench.keys("Escape");
  // The file is left as it was on disk.
  await bench.command("File: Revert File");
  await bench.line("args.currency").waitFor({ state: "detached" });
}

async function hover(bench) {
  const { page } = bench;
  await bench.goTo(12, 1);
  await bench.line("payments.get_customer").locator("span", { hasText: /^get_customer$/ }).last().hover();
  const card = page.locator(".monaco-hover:visible", { hasText: "The server says of itself" });
  await card.first().waitFor();
  assert.match(await card.first().innerText(), /customer_id/);
  await bench.picture("07-hover");
  await page.mouse.move(5, 5);
}

async function runTest(bench) {
  const { page } = bench;
  await bench.openFile("tests.mcpz");
  const glyph = bench.editor().locator(".glyph-margin-widgets .testing-run-glyph").first();
  await glyph.waitFor();
  await bench.picture("08-tests");
  await glyph.click();
  await bench.editor().locator(".glyph-margin-widgets .codicon-testing-passed-icon").first().waitFor();
  await bench.picture("09-test-passed");
}

async function coverage(bench) {
  const { page } = bench;
  await bench.command("Test: Run All Tests with Coverage");
  await page.locator(".test-coverage-list-element, .test-coverage-bars").first().waitFor();
  await bench.openFile("rules.mcpz");
  await bench.editor().locator(".coverage-deco-gutter").first().waitFor();
  await bench.picture("10-coverage");
}

async function trace(bench) {
  const { page } = bench;
  await bench.openFile("tests.mcpz");
  await bench.goTo(1, 1);
  await bench.editor().locator(".codelens-decoration a", { hasText: "Trace" }).first().click();
  await page.locator(".test-output-peek, .terminal-wrapper, .xterm-rows").first().waitFor();
  await bench.picture("11-trace");
  await bench.keys("Control+j");
}

async function evaluate(bench) {
  const { page } = bench;
  await bench.openFile("tests.mcpz");
  await bench.goTo(7, 10);
  await bench.command("mcpz: Decide the Test at the Cursor");
  await page.locator(".editor-group-container .tab", { hasText: "decision.txt" }).first().waitFor();
  await bench.openFile("rules.mcpz");
  await bench.line("list_invoices").waitFor();
  await bench.picture("12-trail");
  await bench.command("View: Close All Editors");
}

async function decide(bench) {
  const { page } = bench;
  await bench.openFile("rules.mcpz");
  await bench.command("mcpz: Decide a Request");
  const form = await frameWith(page, "#request select[name=identity]");
  await form.locator("select[name=identity]").selectOption("analyst");
  await form.locator("textarea[name=claims]").fill('{"sub": "user:ann", "groups": ["analysts"], "customers": ["c1"]}');
  await form.locator("select[name=tool]").selectOption("get_invoice");
  await form.locator("[name='args.customer_id']").fill("c1");
  await form.locator("[name='args.id']").fill("inv_42");
  await form.locator("summary").click();
  await form.locator("[name=at]").fill("2026-03-02T10:00:00Z");
  await form.locator("[name=network]").fill("10.10.1.5");
  await bench.picture("13-decision-form");
  await form.locator("button[type=submit]").click();
  await form.locator(".effect").waitFor();
  await bench.picture("14-decision");
  assert.equal(await form.locator(".effect").innerText(), "ALLOW");
  assert.match(await form.locator("#answer").innerText(), /PAY-1/);
}

async function graph(bench) {
  const { page } = bench;
  // The web view has the keyboard: a click gives it back to the editor.
  await bench.page.locator(".tab", { hasText: "rules.mcpz" }).first().click();
  await bench.goTo(22, 40);
  await bench.command("mcpz: Show Decision Graph");
  const shown = await frameWith(page, "img[alt='Decision graph']");
  await shown.locator("img").waitFor();
  await bench.picture("15-graph");
}

/** The frame of a page that has an element: web views are frames in frames, and are made anew. */
async function frameWith(page, selector) {
  const end = Date.now() + PATIENCE;
  while (Date.now() < end) {
    for (const frame of page.frames()) {
      if ((await frame.locator(selector).count().catch(() => 0)) > 0) {
        return frame;
      }
    }
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
  }
  throw new Error(`no frame has ${selector}`);
}
