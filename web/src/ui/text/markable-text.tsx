import { memo, useMemo } from "react";
import { viewFor } from "./answer-text";
import { coloured } from "./coloured";
import type { Coloured } from "./coloured";
import { pieces, visible } from "./odd";
import { unitAt } from "./places";
import type { Stretch } from "./places";
import { Shortened } from "./plain-text";
import type { Mark } from "./segments";
import styles from "./text.module.css";

export interface PlacedMark extends Mark {
  readonly by: "me" | "judge";
}

interface MarkableTextProps {
  /** How `selected` calls it. */
  readonly name: string;
  readonly text: string;
  readonly marks: readonly PlacedMark[];
  /** What the keys are at, in UTF-16 units. */
  readonly cursor: Stretch | null;
}

interface Piece extends Stretch {
  readonly classes: string;
  readonly marks: readonly PlacedMark[];
  readonly at: boolean;
}

/** A model's text in which passages can be marked: letter for letter, code in colours, each piece knowing its place. */
export const MarkableText = memo(function MarkableText({ name, text, marks, cursor }: MarkableTextProps) {
  if (text === "") return <span className="quiet">(nothing)</span>;
  return (
    <Shortened text={text}>
      {(part) => (
        <pre className={styles.markable} dir="auto" data-text={name}>
          <Pieces text={part} marks={marks} cursor={cursor} />
        </pre>
      )}
    </Shortened>
  );
});

function Pieces({ text, marks, cursor }: Omit<MarkableTextProps, "name">) {
  const colours = useMemo(() => coloured(text, viewFor(text) === "code" ? "python" : null), [text]);
  const cut = useMemo(() => cutUp(text, colours, marks, cursor), [text, colours, marks, cursor]);
  return cut.map((piece) => {
    const words = <Words text={text.slice(piece.start, piece.end)} at={piece.start} classes={piece.classes} />;
    const { marks: over } = piece;
    if (piece.at) {
      return (
        <mark key={piece.start} className={styles.cursor} data-cursor>
          {words}
        </mark>
      );
    }
    if (over.length === 0) return <span key={piece.start}>{words}</span>;
    return (
      <mark
        key={piece.start}
        className={styles.mark}
        data-depth={Math.min(over.length, 3)}
        data-by={over.some((mark) => mark.by === "me") ? "me" : "judge"}
        title={visible(over.map((mark) => mark.note).join("\n"))}
      >
        {words}
      </mark>
    );
  });
}

function Words({ text, at, classes }: { readonly text: string; readonly at: number; readonly classes: string }) {
  let end = at;
  return pieces(text).map((piece) => {
    const start = end;
    end += piece.text.length;
    return piece.odd === null ? (
      <span key={start} data-at={start} data-length={piece.text.length} className={classes || undefined}>
        {piece.text}
      </span>
    ) : (
      <span key={start} data-at={start} data-length={piece.text.length} data-odd className={styles.odd}>
        {piece.odd}
      </span>
    );
  });
}

/** The text cut wherever a colour, a mark or what the keys are at begins or ends. */
function cutUp(
  text: string,
  colours: readonly Coloured[],
  marks: readonly PlacedMark[],
  cursor: Stretch | null,
): Piece[] {
  const placed = marks.map((mark) => ({ mark, start: unitAt(text, mark.start), end: unitAt(text, mark.end) }));
  const stretches: Stretch[] = [...colours, ...placed, ...(cursor === null ? [] : [cursor])];
  const cuts = [...new Set([0, text.length, ...stretches.flatMap(({ start, end }) => [start, end])])]
    .filter((cut) => cut <= text.length)
    .sort((one, two) => one - two);
  let colour = 0;
  return cuts.slice(0, -1).map((start, index) => {
    const end = cuts[index + 1] ?? text.length;
    while (colour < colours.length && (colours[colour]?.end ?? 0) <= start) colour++;
    const here = colours[colour];
    return {
      start,
      end,
      classes: here !== undefined && here.start <= start ? here.classes : "",
      marks: placed.filter((one) => one.start <= start && one.end > start).map((one) => one.mark),
      at: cursor !== null && cursor.start <= start && cursor.end > start,
    };
  });
}
