import { highlightCode, classHighlighter } from "@lezer/highlight";
import { Fragment, useMemo } from "react";
import type { ReactNode } from "react";
import { parserOf } from "./languages";
import { visible } from "./odd";
import { Shortened } from "./plain-text";
import styles from "./text.module.css";

const COLOURED = 100_000;

interface CodeTextProps {
  readonly text: string;
  readonly language: string;
}

/** A program, with line numbers and colours. */
export function CodeText({ text, language }: CodeTextProps) {
  return (
    <Shortened text={text}>
      {(part) => <Lines text={visible(part.replaceAll("\r\n", "\n"))} language={language} />}
    </Shortened>
  );
}

function Lines({ text, language }: CodeTextProps) {
  const lines = useMemo(() => coloured(text, language), [text, language]);
  return (
    <pre className={styles.code}>
      {lines.map((line, index) => (
        <Fragment key={index}>
          <span className={styles.number} aria-hidden>
            {index + 1}
          </span>
          <code>{line.length === 0 ? " " : line}</code>
        </Fragment>
      ))}
    </pre>
  );
}

function coloured(text: string, language: string): ReactNode[][] {
  const parser = text.length > COLOURED ? null : parserOf(language);
  if (parser === null) return text.split("\n").map((line) => [line]);
  const lines: ReactNode[][] = [[]];
  highlightCode(
    text,
    parser.parse(text),
    classHighlighter,
    (part, classes) => {
      const line = lines[lines.length - 1] ?? [];
      line.push(
        classes === "" ? (
          part
        ) : (
          <span key={line.length} className={classes}>
            {part}
          </span>
        ),
      );
    },
    () => lines.push([]),
  );
  return lines;
}
