/**
 * The Test Explorer: the `test` blocks of every policy file, run, traced and covered through the language server.
 *
 * Blocks are found by {@link findTests} as text, so that they are there at once; the server runs them on what the editor holds.
 */

import * as vscode from "vscode";
import { visible } from "./escape";
import { readTestRun, readTestTrace } from "./protocol";
import type { Range, RuleCoverage, TestOutcome, TestRun } from "./protocol";
import { findTests } from "./scan";
import type { Ask } from "./server";
import { reasonOf } from "./server";

const MAX_FILES = 2000;

/** How often a rule was true: a statement at its head. */
class Hits extends vscode.StatementCoverage {}

/** A file, with the rules that its details are made of. */
class RulesCoverage extends vscode.FileCoverage {
  constructor(
    uri: vscode.Uri,
    readonly rules: readonly RuleCoverage[],
  ) {
    super(uri, new vscode.TestCoverageCount(rules.filter((rule) => rule.hits > 0).length, rules.length));
  }
}

/** Lists and runs tests. */
export class Tests implements vscode.Disposable {
  private readonly controller = vscode.tests.createTestController("mcpz", "mcpz");
  private readonly disposables: vscode.Disposable[] = [this.controller];

  constructor(
    private readonly ask: Ask,
    private readonly output: vscode.LogOutputChannel,
  ) {
    const { Run, Coverage } = vscode.TestRunProfileKind;
    this.controller.createRunProfile("Run", Run, (request, token) => this.run(request, token, "run"), true);
    this.controller.createRunProfile("Run with Trace", Run, (request, token) => this.run(request, token, "trace"));
    const coverage = this.controller.createRunProfile(
      "Run with Coverage",
      Coverage,
      (request, token) => this.run(request, token, "coverage"),
      true,
    );
    coverage.loadDetailedCoverage = async (_run, file) =>
      file instanceof RulesCoverage ? file.rules.map((rule) => new Hits(rule.hits, startOf(rule.range))) : [];
    this.controller.refreshHandler = () => this.readAll();
    const watcher = vscode.workspace.createFileSystemWatcher("**/*.mcpz");
    this.disposables.push(
      watcher,
      watcher.onDidCreate((uri) => void this.readFile(uri)),
      watcher.onDidChange((uri) => void this.readFile(uri)),
      watcher.onDidDelete((uri) => this.controller.items.delete(uri.toString())),
      vscode.workspace.onDidOpenTextDocument((document) => this.readDocument(document)),
      vscode.workspace.onDidChangeTextDocument((event) => this.readDocument(event.document)),
    );
    vscode.workspace.textDocuments.forEach((document) => this.readDocument(document));
    void this.readAll();
  }

  dispose(): void {
    this.disposables.forEach((each) => each.dispose());
  }

  /** Runs the test of a title in a file, as the code lens asks for. */
  async runNamed(uri: vscode.Uri, title: string | undefined, how: "run" | "trace"): Promise<void> {
    await this.readFile(uri);
    const file = this.controller.items.get(uri.toString());
    const items: vscode.TestItem[] = [];
    file?.children.forEach((item) => {
      if (title === undefined || item.label === visible(title)) {
        items.push(item);
      }
    });
    const request = new vscode.TestRunRequest(items.length > 0 ? items : file === undefined ? undefined : [file]);
    await this.run(request, new vscode.CancellationTokenSource().token, how);
    if (how === "trace") {
      await vscode.commands.executeCommand("testing.showMostRecentOutput");
    }
  }

  private async readAll(): Promise<void> {
    const files = await vscode.workspace.findFiles("**/*.mcpz", "**/{node_modules,target,build}/**", MAX_FILES);
    await Promise.all(files.map((uri) => this.readFile(uri)));
  }

  private async readFile(uri: vscode.Uri): Promise<void> {
    const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
    try {
      const text = open?.getText() ?? new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
      this.update(uri, text);
    } catch (error) {
      this.output.warn(`${uri.fsPath}: ${reasonOf(error)}`);
    }
  }

  private readDocument(document: vscode.TextDocument): void {
    if (document.languageId === "mcpz" && document.uri.scheme === "file") {
      this.update(document.uri, document.getText());
    }
  }

  private update(uri: vscode.Uri, text: string): void {
    const found = findTests(text);
    const id = uri.toString();
    if (found.length === 0) {
      this.controller.items.delete(id);
      return;
    }
    let file = this.controller.items.get(id);
    if (file === undefined) {
      file = this.controller.createTestItem(id, vscode.workspace.asRelativePath(uri), uri);
      this.controller.items.add(file);
    }
    const seen = new Map<string, number>();
    const items = found.map((test) => {
      const nth = seen.get(test.title) ?? 0;
      seen.set(test.title, nth + 1);
      const item = this.controller.createTestItem(`${id}#${nth}#${visible(test.title)}`, visible(test.title), uri);
      item.range = new vscode.Range(test.line, 0, test.line, Number.MAX_SAFE_INTEGER);
      item.sortText = String(test.line).padStart(8, "0");
      titles.set(item, test.title);
      return item;
    });
    file.children.replace(items);
  }

  /** The tests of a request, without those that were left out. */
  private wanted(request: vscode.TestRunRequest): vscode.TestItem[] {
    const left = new Set(request.exclude ?? []);
    const items: vscode.TestItem[] = [];
    const add = (item: vscode.TestItem): void => {
      if (left.has(item)) {
        return;
      }
      if (item.children.size > 0) {
        item.children.forEach(add);
      } else {
        items.push(item);
      }
    };
    if (request.include !== undefined) {
      request.include.forEach(add);
    } else {
      this.controller.items.forEach(add);
    }
    return items;
  }

  private async run(
    request: vscode.TestRunRequest,
    token: vscode.CancellationToken,
    how: "run" | "trace" | "coverage",
  ): Promise<void> {
    const run = this.controller.createTestRun(request);
    const items = this.wanted(request);
    items.forEach((item) => run.enqueued(item));
    try {
      for (const [, group] of byPackage(items)) {
        if (token.isCancellationRequested) {
          break;
        }
        await (how === "trace" ? this.trace(run, group) : this.runGroup(run, group, how === "coverage"));
      }
    } finally {
      run.end();
    }
  }

  /** Runs tests that one answer of the server covers. */
  private async runGroup(run: vscode.TestRun, items: vscode.TestItem[], withCoverage: boolean): Promise<void> {
    items.forEach((item) => run.started(item));
    const uri = items[0]?.uri?.toString();
    const only = items.length === 1 && !withCoverage ? items[0] : undefined;
    const test = only === undefined ? undefined : titles.get(only);
    let answer;
    try {
      answer = readTestRun(await this.ask("mcpz.runTest", test === undefined ? { uri } : { uri, test }));
    } catch (error) {
      items.forEach((item) => run.errored(item, new vscode.TestMessage(visible(reasonOf(error)))));
      run.appendOutput(`${visible(reasonOf(error))}\r\n`);
      return;
    }
    run.appendOutput(`${summary(answer)}\r\n`);
    for (const item of items) {
      const outcome = outcomeOf(item, answer.tests);
      if (outcome === undefined) {
        run.skipped(item);
      } else {
        this.report(run, item, outcome);
      }
    }
    if (withCoverage) {
      const files = new Map<string, RuleCoverage[]>();
      answer.coverage.forEach((rule) => files.set(rule.uri, [...(files.get(rule.uri) ?? []), rule]));
      files.forEach((rules, file) => run.addCoverage(new RulesCoverage(vscode.Uri.parse(file), rules)));
    }
  }

  private async trace(run: vscode.TestRun, items: vscode.TestItem[]): Promise<void> {
    for (const item of items) {
      run.started(item);
      try {
        const argument = { uri: item.uri?.toString(), test: titles.get(item) };
        const trace = readTestTrace(await this.ask("mcpz.traceTest", argument));
        run.appendOutput(`${visible(trace.title)}\r\n${visible(trace.text).replace(/\n/g, "\r\n")}\r\n\r\n`, undefined, item);
        this.report(run, item, { ...trace, uri: "", range: EMPTY });
      } catch (error) {
        run.errored(item, new vscode.TestMessage(visible(reasonOf(error))));
      }
    }
  }

  private report(run: vscode.TestRun, item: vscode.TestItem, outcome: TestOutcome): void {
    if (outcome.passed) {
      run.passed(item);
      return;
    }
    const messages = outcome.failures.map((text) => {
      const message = new vscode.TestMessage(visible(text));
      if (item.uri !== undefined && item.range !== undefined) {
        message.location = new vscode.Location(item.uri, item.range);
      }
      return message;
    });
    run.failed(item, messages);
  }
}

/** What a run came to, in one line. */
function summary(answer: TestRun): string {
  const passed = answer.tests.filter((test) => test.passed).length;
  const hit = answer.coverage.filter((rule) => rule.hits > 0).length;
  return `${passed} of ${answer.tests.length} tests passed; ${hit} of ${answer.coverage.length} rules were true in one of them`;
}

const EMPTY: Range = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };

/** Titles as the compiler knows them; labels are made safe to show. */
const titles = new WeakMap<vscode.TestItem, string>();

function startOf(range: Range): vscode.Position {
  return new vscode.Position(range.start.line, range.start.character);
}

/** The outcome of an item: of its title, in its file where several files have the title. */
function outcomeOf(item: vscode.TestItem, tests: readonly TestOutcome[]): TestOutcome | undefined {
  const named = tests.filter((test) => test.title === titles.get(item));
  const here = named.filter((test) => vscode.Uri.parse(test.uri).toString() === item.uri?.toString());
  return here.find((test) => test.range.start.line === item.range?.start.line) ?? here[0] ?? named[0];
}

/** Items by file: a package answers for all of its files, but which files make a package only the server knows. */
function byPackage(items: readonly vscode.TestItem[]): Map<string, vscode.TestItem[]> {
  const groups = new Map<string, vscode.TestItem[]>();
  for (const item of items) {
    const key = item.uri?.toString() ?? "";
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
}
