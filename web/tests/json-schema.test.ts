import { expect, test } from "vitest";
import { chosenOf, fieldsOf, kindOf, resolved } from "~/ui/json-schema";
import type { Schema } from "~/ui/json-schema";
import { inYaml } from "~/ui/yaml-text";

const SCHEMA: Schema = {
  properties: {
    file: { type: "string" },
    limit: { anyOf: [{ type: "integer" }, { type: "null" }], default: null },
    style: { enum: ["chat", "completion"], default: "chat" },
    slices: { type: "array", items: { type: "string" } },
    limits: { $ref: "#/$defs/Limits" },
    strict: { type: "boolean", default: false },
  },
  required: ["file"],
  $defs: { Limits: { type: "object", description: "how much" } },
};

test("each argument gets the field that fits it", () => {
  const kinds = fieldsOf(SCHEMA).map(({ name, schema }) => [name, kindOf(resolved(schema, SCHEMA), SCHEMA)]);
  expect(Object.fromEntries(kinds)).toEqual({
    file: "text",
    limit: "number",
    style: "choice",
    slices: "texts",
    limits: "json",
    strict: "boolean",
  });
  expect(chosenOf(SCHEMA.properties?.["style"] ?? {}, SCHEMA)).toEqual(["chat", "completion"]);
});

test("a filled form is what a config says", () => {
  expect(inYaml({ kind: "scorer", name: "match" }, {})).toBe("scorers:\n  - match");
  expect(inYaml({ kind: "task", name: "mmlu" }, { data: "a/b.csv", few: 3, on: "yes" })).toBe(
    'tasks:\n  - task: {mmlu: {data: a/b.csv, few: 3, "on": "yes"}}',
  );
});
