import { expect, test } from "vitest";
import { changed, entriesOf, fieldsOf, textOf } from "~/experiments/draft";

test("what the form does not show stays in the config", () => {
  const fields = fieldsOf("name: a\nprices: {m: {input: 1}}\nmodels: [mock/x]\n") ?? {};
  const text = textOf(changed(fields, "name", "b"));
  expect(fieldsOf(text)).toEqual({ name: "b", prices: { m: { input: 1 } }, models: ["mock/x"] });
});

test("short spellings become entries", () => {
  expect(entriesOf({ models: "mock/x" }, "models", "model")).toEqual([{ model: "mock/x" }]);
  expect(entriesOf({ tasks: ["t", { task: "u", limit: 2 }] }, "tasks", "task")).toEqual([
    { task: "t" },
    { task: "u", limit: 2 },
  ]);
});

test("what is no config, or a bomb, is no form", () => {
  expect(fieldsOf("just words")).toBeNull();
  expect(fieldsOf("a: [")).toBeNull();
  const bomb = [
    "a0: &a0 [x,x,x]",
    ...Array.from({ length: 9 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n},*a${n},*a${n}]`),
  ];
  expect(fieldsOf(bomb.join("\n"))).toBeNull();
});
