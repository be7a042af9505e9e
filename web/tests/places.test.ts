import { expect, test } from "vitest";
import { inPoints, linesOf, pointAt, unitAt } from "~/ui/text/places";

test("places go from UTF-16 units to code points and back", () => {
  const text = "a😀b🎉c";
  expect([0, 1, 3, 4, 6].map((unit) => pointAt(text, unit))).toEqual([0, 1, 2, 3, 4]);
  expect([0, 1, 2, 3, 4, 5].map((point) => unitAt(text, point))).toEqual([0, 1, 3, 4, 6, 7]);
});

test("a selection is sent without the white space around it, in code points", () => {
  const text = "😀 one  two";
  expect(inPoints(text, { start: 2, end: 8 })).toEqual({ start: 2, end: 5 });
  expect(inPoints(text, { start: 6, end: 8 })).toBeNull();
});

test("keys go by lines, and by sentences where lines are long; fences are none", () => {
  const long = `${"word ".repeat(20)}ends. ${"other ".repeat(12)}`;
  const text = `first\n\n\`\`\`python\n  x = 1\n\`\`\`\n${long}`;
  const words = linesOf(text).map(({ start, end }) => text.slice(start, end));
  expect(words.slice(0, 2)).toEqual(["first", "x = 1"]);
  expect(words[2]?.endsWith("ends.")).toBe(true);
  expect(words).toHaveLength(4);
});
