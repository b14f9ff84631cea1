// Bundles the extension into dist/: one file for the extension host, one for the page of the decision panel.
// With `--tests`, the tests that need no editor, one file each, into dist/test/.
import { readdirSync } from "node:fs";
import { build } from "esbuild";

const shared = { bundle: true, logLevel: "warning", legalComments: "none" };

if (process.argv.includes("--tests")) {
  const tests = readdirSync("test").filter((name) => name.endsWith(".test.ts"));
  await build({
    ...shared,
    entryPoints: tests.map((name) => `test/${name}`),
    outdir: "dist/test",
    outExtension: { ".js": ".cjs" },
    platform: "node",
    format: "cjs",
    target: "node20",
    sourcemap: "inline",
  });
} else {
  await build({
    ...shared,
    entryPoints: { extension: "src/extension.ts" },
    outdir: "dist",
    platform: "node",
    format: "cjs",
    target: "node20",
    external: ["vscode"],
    minify: true,
  });
  await build({
    ...shared,
    entryPoints: { panel: "src/panel/webview.ts" },
    outdir: "dist",
    platform: "browser",
    format: "iife",
    target: "es2022",
    minify: true,
  });
}
