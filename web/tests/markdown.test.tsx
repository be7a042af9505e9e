import { MantineProvider } from "@mantine/core";
import { render } from "@testing-library/react";
import { expect, test } from "vitest";
import { dollars } from "~/ui/text/dollars";
import MarkdownText from "~/ui/text/markdown-text";

function rendered(text: string): HTMLElement {
  return render(
    <MantineProvider>
      <MarkdownText text={text} />
    </MantineProvider>,
  ).container;
}

test("raw HTML stays text", () => {
  const page = rendered("before <img src=x onerror=alert(1)> <script>alert(1)</script>\n\n<iframe srcdoc=x></iframe>");
  expect(page.querySelector("img, script, iframe")).toBeNull();
});

test("a link leads to the web or nowhere, and says where", () => {
  const page = rendered("[a](https://example.org/x) [b](javascript:alert(1)) [c](data:text/html,x) [d](//elsewhere)");
  const links = [...page.querySelectorAll("a")];
  expect(links.map((link) => link.getAttribute("href"))).toEqual(["https://example.org/x"]);
  expect(links[0]?.rel).toContain("noopener");
  expect(page.textContent).toContain("(https://example.org/x)");
});

test("pictures are not fetched", () => {
  const page = rendered("![alt](https://tracker.example/pixel.png)");
  expect(page.querySelector("img")).toBeNull();
  expect(page.textContent).toContain("not fetched");
});

test("formulas are set, and those that would do more are not trusted", () => {
  const page = rendered("$x^2$ and $\\href{javascript:alert(1)}{y}$ and $\\includegraphics{https://t.example/x.png}$");
  expect(page.querySelectorAll(".katex").length).toBeGreaterThan(0);
  expect(page.querySelector("a, img")).toBeNull();
});

test("LaTeX as models write it becomes what Markdown knows, but not in code", () => {
  expect(dollars("so \\(a+b\\) is")).toBe("so $a+b$ is");
  expect(dollars("\\[ x \\]").trim()).toBe("$$\nx\n$$");
  expect(dollars("`\\(a\\)`")).toBe("`\\(a\\)`");
});
