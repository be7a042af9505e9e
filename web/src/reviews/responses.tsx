import { useMemo } from "react";
import type { Passage, Sheet } from "~/api/records";
import { Section } from "~/ui/page";
import { AnswerText, viewFor } from "~/ui/text/answer-text";
import { MarkableText } from "~/ui/text/markable-text";
import type { PlacedMark } from "~/ui/text/markable-text";
import { Visible } from "~/ui/text/plain-text";
import { sourcesOf } from "./marking";
import type { Marking } from "./marking";
import styles from "./reviews.module.css";

export type ReviewView = "text" | "rendered";

/** Code as it is, formulas and tables as they are meant. */
export function reviewViewFor({ responses }: Sheet): ReviewView {
  const rendered = responses.some((text) => viewFor(text) === "rendered" && !text.includes("```"));
  return rendered ? "rendered" : "text";
}

/** What was asked, and what is known to be right. */
export function Asked({ sheet }: { readonly sheet: Sheet }) {
  const { prompt, references } = sheet;
  const known = Object.entries(references);
  return (
    <Section title="Prompt">
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keyboard */}
      <div className={styles.prompt} role="region" aria-label="What was asked" tabIndex={0}>
        {typeof prompt === "string" ? (
          <AnswerText text={prompt} view={viewFor(prompt) === "rendered" ? "rendered" : "text"} />
        ) : (
          prompt.map((turn, index) => (
            <div key={index} className={styles.turn}>
              {prompt.length > 1 && <span className={styles.role}>{turn.role}</span>}
              <AnswerText text={turn.content} view={viewFor(turn.content) === "rendered" ? "rendered" : "text"} />
            </div>
          ))
        )}
      </div>
      {known.length > 0 && (
        <details className={styles.known}>
          <summary>What is known to be right</summary>
          {known.map(([name, text]) => (
            <div key={name}>
              <h3>{name.replaceAll("_", " ")}</h3>
              <AnswerText text={text} view={viewFor(text) === "rendered" ? "rendered" : "text"} />
            </div>
          ))}
        </details>
      )}
    </Section>
  );
}

interface ResponsesProps {
  readonly sheet: Sheet;
  readonly view: ReviewView;
  readonly passages: readonly Passage[];
  readonly marking: Marking | null;
  /** Which response is preferred so far. */
  readonly preferred: "first" | "second" | null;
}

/** The response, or two side by side: left A, right B. */
export function Responses({ sheet, view, passages, marking, preferred }: ResponsesProps) {
  const sources = sourcesOf(sheet);
  return (
    <div className={styles.responses} style={{ "--columns": sources.length } as React.CSSProperties}>
      {sources.map((source, index) => (
        <article
          key={source}
          className={styles.response}
          aria-label={sources.length > 1 ? `Response ${"AB"[index] ?? ""}` : "Response"}
          data-preferred={preferred === (index === 0 ? "first" : "second")}
        >
          {(sources.length > 1 || sheet.models.length > 0) && (
            <header>
              {sources.length > 1 && <strong>{"AB"[index]}</strong>}
              {sheet.models[index] !== undefined && <span className="quiet">{sheet.models[index]}</span>}
              {preferred === (index === 0 ? "first" : "second") && <span className={styles.better}>better</span>}
            </header>
          )}
          <div className={styles.text}>
            <Text
              source={source}
              text={sheet.responses[index] ?? ""}
              view={view}
              passages={passages}
              judged={sheet.suggestion?.passages ?? NONE}
              marking={marking?.source === source ? marking : null}
            />
          </div>
        </article>
      ))}
    </div>
  );
}

const NONE: readonly Passage[] = [];

interface TextProps {
  readonly source: Passage["source"];
  readonly text: string;
  readonly view: ReviewView;
  readonly passages: readonly Passage[];
  readonly judged: readonly Passage[];
  readonly marking: Marking | null;
}

function Text({ source, text, view, passages, judged, marking }: TextProps) {
  const marks = useMemo(
    () => [...placed(passages, source, "me"), ...placed(judged, source, "judge")],
    [passages, judged, source],
  );
  return view === "rendered" && marking === null ? (
    <AnswerText text={text} view="rendered" />
  ) : (
    <MarkableText name={source} text={text} marks={marks} cursor={marking} />
  );
}

function placed(passages: readonly Passage[], source: Passage["source"], by: "me" | "judge"): PlacedMark[] {
  return passages
    .filter((passage) => passage.source === source)
    .map(({ start, end, kind, note }) => ({
      start,
      end,
      by,
      note: `${by === "judge" ? "The judge: " : ""}${[kind.replaceAll("_", " "), note].filter(Boolean).join(": ")}`,
    }));
}

/** Why this is in the review, where that may be known. */
export function Reasons({ sheet }: { readonly sheet: Sheet }) {
  if (sheet.reasons.length === 0) return null;
  return (
    <p className="quiet">
      Here because: <Visible text={sheet.reasons.map((one) => one.reason).join("; ")} />
    </p>
  );
}
