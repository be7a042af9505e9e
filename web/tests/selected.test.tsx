import { MantineProvider } from "@mantine/core";
import { render } from "@testing-library/react";
import { expect, test } from "vitest";
import { MarkableText } from "~/ui/text/markable-text";
import { selected } from "~/ui/text/selected";

const TEXT = "a😀 <b>x</b>\u202e end\n```python\nreturn 1\n```";

function selectIn(pick: (root: HTMLElement) => Range): ReturnType<typeof selected> {
  const { container } = render(
    <MantineProvider>
      <MarkableText name="response_1" text={TEXT} marks={[]} cursor={null} />
    </MantineProvider>,
  );
  const root = container.querySelector<HTMLElement>("[data-text]");
  if (root === null) throw new Error("there is no text");
  const selection = document.getSelection();
  selection?.removeAllRanges();
  selection?.addRange(pick(root));
  return selected();
}

test("all that is selected is the text itself, whatever is drawn in its place", () => {
  const found = selectIn((root) => {
    const range = document.createRange();
    range.selectNodeContents(root);
    return range;
  });
  expect(found).toEqual({ within: "response_1", start: 0, end: TEXT.length });
});

test("the name of a character that is not seen is that character", () => {
  const found = selectIn((root) => {
    const odd = root.querySelector("[data-odd]")?.firstChild;
    const range = document.createRange();
    if (odd === null || odd === undefined) throw new Error("nothing is odd");
    range.setStart(odd, 1);
    range.setEnd(odd, 2);
    return range;
  });
  expect(found).toEqual({ within: "response_1", start: TEXT.indexOf("\u202e"), end: TEXT.indexOf("\u202e") + 1 });
});
