/**
 * Where the `mcpz` binary is.
 *
 * In this order: the setting `mcpz.path`, the binary that was bundled into the extension, the first one on PATH. Nothing is
 * downloaded. Knows nothing of VS Code, so that it is tested by itself.
 */

/** What looking for the binary needs of the machine. */
export interface Machine {
  /** `process.platform`. */
  readonly platform: string;
  /** The environment: `PATH`, `PATHEXT`, `HOME`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a file is there and may be run. */
  isExecutable(file: string): boolean;
}

/** What was found, or what to do. */
export type Found =
  | { readonly kind: "found"; readonly path: string; readonly from: "setting" | "bundled" | "path" }
  | { readonly kind: "missing"; readonly message: string };

/** Finds the binary. `setting` is the value of `mcpz.path`, `extension` the folder of the extension. */
export function findBinary(setting: string, extension: string, machine: Machine): Found {
  const name = machine.platform === "win32" ? "mcpz.exe" : "mcpz";
  const wanted = setting.trim();
  if (wanted !== "") {
    const path = expandHome(wanted, machine);
    if (isAbsolute(path, machine) && machine.isExecutable(path)) {
      return { kind: "found", path, from: "setting" };
    }
    const why = isAbsolute(path, machine) ? "is not a program that can be run" : "is not an absolute path";
    return {
      kind: "missing",
      message: `The setting mcpz.path says ${path}, which ${why}. Correct it, or clear it to use the mcpz on PATH.`,
    };
  }
  const bundled = join(machine, extension, "server", name);
  if (machine.isExecutable(bundled)) {
    return { kind: "found", path: bundled, from: "bundled" };
  }
  const onPath = pathFolders(machine).map((folder) => join(machine, folder, name)).find((file) => machine.isExecutable(file));
  if (onPath !== undefined) {
    return { kind: "found", path: onPath, from: "path" };
  }
  return {
    kind: "missing",
    message:
      "No mcpz binary was found: none is bundled with this extension and none is on PATH. " +
      "Build it with `cargo build --release -p mcpz` in the mcpz repository, then put target/release/mcpz on PATH or " +
      "name it in the setting mcpz.path. Until then there is highlighting, but no checking, completion or tests.",
  };
}

/** Absolute folders of PATH; a relative one would make the answer depend on the open folder. */
function pathFolders(machine: Machine): string[] {
  const value = machine.env["PATH"] ?? machine.env["Path"] ?? "";
  const separator = machine.platform === "win32" ? ";" : ":";
  return value.split(separator).filter((folder) => isAbsolute(folder, machine));
}

function isAbsolute(path: string, machine: Machine): boolean {
  return machine.platform === "win32" ? /^(?:[A-Za-z]:[\\/]|\\\\)/.test(path) : path.startsWith("/");
}

function expandHome(path: string, machine: Machine): string {
  const home = machine.env["HOME"] ?? machine.env["USERPROFILE"];
  return home !== undefined && (path === "~" || path.startsWith("~/")) ? home + path.slice(1) : path;
}

function join(machine: Machine, ...parts: string[]): string {
  const separator = machine.platform === "win32" ? "\\" : "/";
  return parts.map((part, index) => (index === 0 ? part.replace(/[\\/]+$/, "") : part)).join(separator);
}
