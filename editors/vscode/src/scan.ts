/**
 * Where the `test` blocks of a text are, without a server: the Test Explorer lists them at once, and in a workspace that is not trusted.
 */

/** A test block. */
export interface FoundTest {
  /** Its title, as the compiler reads it. */
  readonly title: string;
  /** The line of `test`, from zero. */
  readonly line: number;
  /** The last line of the block. */
  readonly endLine: number;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "0": "\0", "\\": "\\", '"': '"', "/": "/" };

/** The tests of a text, in order. Comments and strings are passed over as the lexer does. */
export function findTests(text: string): FoundTest[] {
  const found: FoundTest[] = [];
  let open: { title: string; line: number; depth: number } | undefined;
  let depth = 0;
  let line = 0;
  let previous = "";
  const token = /\/\/[^\n]*|r"[^"\n\r]*"?|"(?:[^"\\\n\r]|\\[^\n\r])*"?|[A-Za-z_][A-Za-z0-9_]*|[{}]|\n/g;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const word = match[0];
    if (word === "\n") {
      line += 1;
      continue;
    }
    if (word.startsWith("//")) {
      continue;
    }
    if (open !== undefined && depth === open.depth && word !== "{") {
      open = undefined;
    }
    if (word.startsWith('"') && previous === "test" && depth === 0) {
      open = { title: unquote(word), line, depth };
    } else if (word === "{") {
      depth += 1;
    } else if (word === "}") {
      depth = Math.max(0, depth - 1);
      if (open !== undefined && depth === open.depth) {
        found.push({ title: open.title, line: open.line, endLine: line });
        open = undefined;
      }
    }
    previous = word;
  }
  return found;
}

/** The value of a string literal. */
export function unquote(literal: string): string {
  const inner = literal.replace(/^"/, "").replace(/"$/, "");
  return inner.replace(/\\(?:u\{([0-9A-Fa-f]{1,6})\}|([\s\S]))/g, (whole, code: string | undefined, letter: string | undefined) => {
    if (code !== undefined) {
      const point = parseInt(code, 16);
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    }
    return (letter !== undefined ? ESCAPES[letter] : undefined) ?? whole;
  });
}
