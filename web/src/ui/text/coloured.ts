import { classHighlighter, highlightTree } from "@lezer/highlight";
import { parserOf } from "./languages";
import type { Stretch } from "./places";

export interface Coloured extends Stretch {
  readonly classes: string;
}

const MOST = 100_000;
const FENCES = /```([\w+-]*)[^\n]*\n([\s\S]*?)(?:```|$)/g;

/** What of a text is code, and how its parts are coloured; in UTF-16 units, in their order. */
export function coloured(text: string, language: string | null): Coloured[] {
  if (text.length > MOST) return [];
  if (language !== null) return parts(text, 0, language);
  return [...text.matchAll(FENCES)].flatMap((fence) => {
    const code = fence[2] ?? "";
    return parts(code, fence.index + fence[0].indexOf("\n") + 1, fence[1] === "" ? "python" : (fence[1] ?? ""));
  });
}

function parts(code: string, at: number, language: string): Coloured[] {
  const parser = parserOf(language);
  if (parser === null) return [];
  const found: Coloured[] = [];
  highlightTree(parser.parse(code), classHighlighter, (from, to, classes) =>
    found.push({ start: at + from, end: at + to, classes }),
  );
  return found;
}
