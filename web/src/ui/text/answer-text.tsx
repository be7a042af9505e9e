import { Skeleton } from "@mantine/core";
import { lazy, Suspense } from "react";
import { PlainText } from "./plain-text";
import type { Mark } from "./segments";

const MarkdownText = lazy(() => import("./markdown-text"));
const CodeText = lazy(async () => ({ default: (await import("./code-text")).CodeText }));

export type View = "rendered" | "text" | "code";

interface AnswerTextProps {
  readonly text: string;
  readonly view: View;
  readonly language?: string;
  readonly marks?: readonly Mark[];
}

/** What a model wrote, in one of three ways; marks show in the plain one, which is the text itself. */
export function AnswerText({ text, view, language = "python", marks = [] }: AnswerTextProps) {
  if (text === "") return <span className="quiet">(nothing)</span>;
  if (view === "text" || marks.length > 0) return <PlainText text={text} marks={marks} />;
  return (
    <Suspense fallback={<Skeleton height={120} />}>
      {view === "code" ? <CodeText text={text} language={language} /> : <MarkdownText text={text} />}
    </Suspense>
  );
}

/** How a text is best shown first: as what it seems to be. */
export function viewFor(text: string): View {
  if (/```|\\\(|\\\[|\$\$|^#{1,4} |\*\*|^\s*[-*] |\$[^$\n]*\\[a-z]+[^$\n]*\$/im.test(text.slice(0, 20_000)))
    return "rendered";
  return /^\s*(def |class |import |from \w+ import |function |const |#include|public )/m.test(text.slice(0, 4000))
    ? "code"
    : "text";
}
