/** Forms from pinned schemas, and what is typed into them. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Json } from "../src/protocol";
import { FieldError, argumentsOf, fieldsOf } from "../src/schema";

const catalog = JSON.parse(readFileSync("../../examples/payments/catalog/payments.json", "utf8")) as {
  tools: { name: string; inputSchema: Json }[];
};

function schema(tool: string): Json {
  return catalog.tools.find((each) => each.name === tool)?.inputSchema ?? null;
}

test("the form of a real tool: required first, enums as choices, constraints in words", () => {
  const fields = fieldsOf(schema("refund"));
  assert.deepEqual(
    fields.map((field) => [field.name, field.editor, field.required]),
    [
      ["invoice_id", "text", true],
      ["amount", "number", true],
      ["currency", "choice", true],
      ["payee", "text", true],
      ["note", "text", false],
    ],
  );
  assert.deepEqual(fields[2]?.choices, ['"EUR"', '"USD"', '"GBP"']);
  assert.equal(fields[0]?.hint, "string, 5 to 64 characters");
  assert.equal(fields[1]?.hint, "number, above 0");
});

test("what is typed becomes the arguments, empty fields left out", () => {
  const fields = fieldsOf(schema("refund"));
  const typed = { invoice_id: "inv_42", amount: "49.90", currency: '"EUR"', payee: 'a"b', note: "" };
  assert.equal(argumentsOf(fields, typed), '{"invoice_id": "inv_42", "amount": 49.90, "currency": "EUR", "payee": "a\\"b"}');
});

test("what is no value of its field is said by name", () => {
  const fields = fieldsOf(schema("refund"));
  const wrong = (typed: Record<string, string>): void =>
    assert.throws(() => argumentsOf(fields, { invoice_id: "x", payee: "p", ...typed }), FieldError);
  wrong({ amount: "ten" });
  wrong({ amount: "0x10" });
  wrong({ amount: "9007199254740993" });
});

test("references, lists, unions, nested objects; a schema that refers to itself ends", () => {
  const fields = fieldsOf({
    properties: {
      a: { $ref: "#/$defs/word" },
      b: { type: "array", items: { type: "string" } },
      c: { anyOf: [{ type: "string" }, { type: "integer" }] },
      d: { type: "object" },
      e: { $ref: "#/properties/e" },
      f: { type: "boolean" },
      g: true,
    },
    $defs: { word: { type: "string", enum: ["x"] } },
  });
  assert.deepEqual(fields.map((field) => field.editor), ["choice", "lines", "json", "json", "json", "boolean", "json"]);
  assert.equal(argumentsOf(fields, { b: "one\ntwo\n", d: '{"k": [1]}', f: "true" }), '{"b": ["one","two"], "d": {"k": [1]}, "f": true}');
  assert.deepEqual(fieldsOf(null), []);
});
