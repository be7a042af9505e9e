import { expect, test } from "vitest";
import { segments } from "~/ui/text/segments";

const mark = (start: number, end: number, note = "") => ({ start, end, note });

test("overlapping marks share their segments", () => {
  const found = segments("abcdef", [mark(1, 4, "x"), mark(3, 5, "y")]);
  expect(found.map(({ text, marks }) => [text, marks.map((one) => one.note).join("")])).toEqual([
    ["a", ""],
    ["bc", "x"],
    ["d", "xy"],
    ["e", "y"],
    ["f", ""],
  ]);
});

test("offsets count code points, not halves of pairs", () => {
  expect(segments("a𝒳b", [mark(1, 2)]).map((one) => one.text)).toEqual(["a", "𝒳", "b"]);
});

test("a mark from the very beginning, beyond the end, or of nothing", () => {
  expect(segments("abc", [mark(0, 99)])).toEqual([{ text: "abc", marks: [mark(0, 99)] }]);
  expect(segments("abc", [mark(2, 2)])).toEqual([{ text: "abc", marks: [] }]);
});

test("all segments together are the text", () => {
  const text = "one 𝒳 two";
  const parts = segments(text, [mark(2, 5), mark(4, 8), mark(0, 1)]);
  expect(parts.map((part) => part.text).join("")).toBe(text);
});
