import { expect, test } from "vitest";
import { pieces, visible } from "~/ui/text/odd";

test("what would turn a text round or not be seen is named", () => {
  expect(visible("a\u202eb\u2066c\u200bd\u001be\u0000f")).toBe("a⟦RLO⟧b⟦LRI⟧c⟦ZWSP⟧d⟦ESC⟧e⟦NUL⟧f");
});

test("tags, lone surrogates and DEL are named, too", () => {
  expect(visible("\u{e0041}\ud800x\u007f")).toBe("⟦U+E0041⟧⟦U+D800⟧x⟦DEL⟧");
});

test("line ends, tabs and joined pictures are left as they are", () => {
  const family = "👩\u200d👩\u200d👧";
  expect(visible(`a\r\nb\tc ${family}`)).toBe(`a\r\nb\tc ${family}`);
});

test("the pieces are the text", () => {
  const text = "x\u202ey\u0007z";
  expect(
    pieces(text)
      .map((piece) => piece.text)
      .join(""),
  ).toBe(text);
});
