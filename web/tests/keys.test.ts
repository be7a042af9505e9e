import { expect, test } from "vitest";
import { clashes, KEYS } from "~/ui/keys";

test("no two keys can answer the same stroke", () => {
  expect(clashes()).toEqual([]);
});

test("a clash is found: the same key twice, or one that hides a sequence", () => {
  const twice = { ...KEYS, other: { keys: "j", scope: "list", does: "" } } as const;
  expect(clashes(twice)).toContain("down and other");
  const hidden = { ...KEYS, other: { keys: "g", scope: "run", does: "" } } as const;
  expect(clashes(hidden)).toContain("dashboard and other");
});

test("every key says what it does", () => {
  expect(Object.values(KEYS).every((key) => key.does.length > 0)).toBe(true);
});
