/**
 * From the JSON Schema of a tool's arguments to the fields of a form, and from what a person typed back to JSON.
 *
 * A form is a help, not a validator: the server checks the arguments against the whole schema. What a form has no field for
 * (a union, a nested object) is typed as JSON.
 */

import type { Json } from "./protocol";
import { isObject } from "./protocol";

/** How a field is edited. */
export type Editor = "text" | "number" | "boolean" | "choice" | "lines" | "json";

/** One field of a form. */
export interface Field {
  readonly name: string;
  readonly editor: Editor;
  readonly required: boolean;
  /** The server's own words. */
  readonly description: string;
  /** What the schema asks, in words: `string, 1 to 64 characters`. */
  readonly hint: string;
  /** Of a choice: the values, as JSON text. */
  readonly choices: readonly string[];
}

/** How deep `$ref`s are followed. */
const MAX_REFS = 8;

/** The fields of a tool's arguments, required ones first. */
export function fieldsOf(schema: Json): Field[] {
  const root = resolve(schema, schema);
  const properties = isObject(root) && isObject(root["properties"]) ? root["properties"] : {};
  const required = new Set(isObject(root) && Array.isArray(root["required"]) ? root["required"] : []);
  const fields = Object.keys(properties).map((name) => field(name, properties[name] as Json, required.has(name), schema));
  return [...fields.filter((each) => each.required), ...fields.filter((each) => !each.required)];
}

function field(name: string, raw: Json, required: boolean, root: Json): Field {
  const schema = resolve(raw, root);
  const members: { [key: string]: unknown } = isObject(schema) ? schema : {};
  const description = typeof members["description"] === "string" ? members["description"] : "";
  const choices = choicesOf(members);
  return { name, required, description, choices, editor: editorOf(members, choices, root), hint: hintOf(members) };
}

function resolve(schema: Json, root: Json): Json {
  let current = schema;
  for (let depth = 0; depth < MAX_REFS; depth += 1) {
    const reference = isObject(current) ? current["$ref"] : undefined;
    if (typeof reference !== "string" || !reference.startsWith("#/")) {
      return current;
    }
    current = reference
      .slice(2)
      .split("/")
      .map((part) => part.replace(/~1/g, "/").replace(/~0/g, "~"))
      .reduce<Json>((value, part) => (isObject(value) && Object.hasOwn(value, part) ? (value[part] as Json) : {}), root);
  }
  return {};
}

function choicesOf(schema: { [key: string]: unknown }): string[] {
  if (Array.isArray(schema["enum"])) {
    return schema["enum"].map((value) => JSON.stringify(value));
  }
  return "const" in schema ? [JSON.stringify(schema["const"])] : [];
}

/** The type, `null` left out: an optional value is left empty. */
function typeOf(schema: { [key: string]: unknown }): string {
  const type = schema["type"];
  if (Array.isArray(type)) {
    const others = type.filter((each) => each !== "null");
    return others.length === 1 ? String(others[0]) : "";
  }
  return typeof type === "string" ? type : "";
}

function editorOf(schema: { [key: string]: unknown }, choices: readonly string[], root: Json): Editor {
  if (choices.length > 0) {
    return "choice";
  }
  switch (typeOf(schema)) {
    case "string":
      return "text";
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "array": {
      const items = resolve((schema["items"] ?? {}) as Json, root);
      return isObject(items) && typeOf(items) === "string" && !Array.isArray(items["enum"]) ? "lines" : "json";
    }
    default:
      return "json";
  }
}

function hintOf(schema: { [key: string]: unknown }): string {
  const parts: string[] = [];
  const type = schema["type"];
  if (typeof type === "string") {
    parts.push(type);
  } else if (Array.isArray(type)) {
    parts.push(type.join(" or "));
  }
  const number = (name: string): number | undefined => (typeof schema[name] === "number" ? schema[name] : undefined);
  const between = (low: number | undefined, high: number | undefined, unit: string): void => {
    if (low !== undefined && high !== undefined) {
      parts.push(`${low} to ${high}${unit}`);
    } else if (low !== undefined) {
      parts.push(`at least ${low}${unit}`);
    } else if (high !== undefined) {
      parts.push(`at most ${high}${unit}`);
    }
  };
  between(number("minimum"), number("maximum"), "");
  between(number("minLength"), number("maxLength"), " characters");
  between(number("minItems"), number("maxItems"), " items");
  const above = number("exclusiveMinimum");
  if (above !== undefined) {
    parts.push(`above ${above}`);
  }
  for (const name of ["pattern", "format"]) {
    if (typeof schema[name] === "string") {
      parts.push(`${name} ${String(schema[name])}`);
    }
  }
  return parts.join(", ");
}

/** What a person typed that is no value of its field. */
export class FieldError extends Error {
  constructor(readonly field: string, message: string) {
    super(message);
  }
}

/**
 * The JSON text of the arguments that a filled form stands for; empty fields are left out. A whole number that JavaScript would round
 * on its way to the server is refused: the decision would be about another one.
 */
export function argumentsOf(fields: readonly Field[], typed: Readonly<Record<string, string>>): string {
  const members: string[] = [];
  for (const each of fields) {
    const value = typed[each.name] ?? "";
    if (value === "" && !(each.required && each.editor === "text")) {
      continue;
    }
    members.push(`${JSON.stringify(each.name)}: ${valueOf(each, value)}`);
  }
  return `{${members.join(", ")}}`;
}

function valueOf(field: Field, typed: string): string {
  switch (field.editor) {
    case "text":
      return JSON.stringify(typed);
    case "lines":
      return JSON.stringify(typed.split("\n").filter((line) => line !== ""));
    case "number":
      if (!/^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/.test(typed.trim())) {
        throw new FieldError(field.name, `${field.name}: ${typed} is no number`);
      }
      if (Number.isInteger(Number(typed)) && !Number.isSafeInteger(Number(typed))) {
        throw new FieldError(field.name, `${field.name}: ${typed} is too large for this form; use mcpz why --input`);
      }
      return typed.trim();
    case "boolean":
    case "choice":
    case "json":
      try {
        JSON.parse(typed);
      } catch {
        throw new FieldError(field.name, `${field.name}: ${typed} is no JSON; a string stands in double quotes`);
      }
      return typed.trim();
  }
}
