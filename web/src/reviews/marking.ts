import { useState } from "react";
import type { Passage, Sheet } from "~/api/records";
import { inPoints, linesOf } from "~/ui/text/places";
import type { Stretch } from "~/ui/text/places";
import { selected } from "~/ui/text/selected";
import type { KeyName } from "~/ui/keys";

type Source = Passage["source"];

/** A passage that is about to be marked: what is selected, or lines that the keys are at. */
export interface Marking extends Stretch {
  readonly source: Source;
  /** The first line, and how many; null of a selection. */
  readonly lines: { readonly at: number; readonly count: number } | null;
}

export function sourcesOf({ responses }: Sheet): readonly Source[] {
  return responses.length > 1 ? ["response_1", "response_2"] : ["response"];
}

interface MarkingUse {
  readonly marking: Marking | null;
  readonly begin: () => void;
  readonly take: (kind: string) => void;
  readonly leave: () => void;
  /** What keys do while something is about to be marked. */
  readonly answers: Partial<Record<KeyName, () => void>>;
}

/** Marking passages of a sheet, by selection or by keys. */
export function useMarking(
  sheet: Sheet | null,
  kinds: readonly string[],
  onMark: (passage: Omit<Passage, "item">) => void,
): MarkingUse {
  const [held, setHeld] = useState<{ readonly item: string; readonly marking: Marking } | null>(null);
  const marking = held !== null && held.item === sheet?.item ? held.marking : null;
  const hold = (next: Marking | null) =>
    setHeld(next === null || sheet === null ? null : { item: sheet.item, marking: next });
  const textOf = (source: Source) => sheet?.responses[source === "response_2" ? 1 : 0] ?? "";
  const mark = (of: Marking, kind: string) => {
    const text = textOf(of.source);
    const points = inPoints(text, of);
    if (points !== null) {
      const quote = Array.from(text).slice(points.start, points.end).join("");
      onMark({ source: of.source, ...points, quote, kind, note: "" });
    }
    document.getSelection()?.removeAllRanges();
    hold(null);
  };
  const at = (source: Source, line: number, count: number) => {
    const lines = linesOf(textOf(source));
    const first = Math.max(0, Math.min(line, lines.length - 1));
    const last = Math.max(first, Math.min(first + count - 1, lines.length - 1));
    const [from, to] = [lines[first], lines[last]];
    if (from === undefined || to === undefined) return;
    hold({ source, start: from.start, end: to.end, lines: { at: first, count: last - first + 1 } });
  };
  const begin = () => {
    if (sheet === null) return;
    const found = selected();
    const source = sourcesOf(sheet).find((one) => one === found?.within);
    if (found === null || source === undefined) {
      at(sourcesOf(sheet).find((one) => textOf(one).trim() !== "") ?? "response", 0, 1);
      return;
    }
    const chosen: Marking = { source, start: found.start, end: found.end, lines: null };
    if (kinds.length === 0) mark(chosen, "");
    else hold(chosen);
  };
  const move = (step: number, more: number) => {
    if (marking?.lines == null) return;
    at(marking.source, marking.lines.at + step, Math.max(1, marking.lines.count + more));
  };
  const other = () => {
    const next = sheet === null ? undefined : sourcesOf(sheet).find((one) => one !== marking?.source);
    if (next !== undefined) at(next, 0, 1);
  };
  const take = (kind: string) => marking !== null && mark(marking, kind);
  const picks = kinds.slice(0, 9).map((kind, index) => [`kind${index + 1}`, () => take(kind)] as const);
  return {
    marking,
    begin,
    take,
    leave: () => hold(null),
    answers: {
      lineDown: () => move(1, 0),
      lineUp: () => move(-1, 0),
      longer: () => move(0, 1),
      shorter: () => move(0, -1),
      otherText: other,
      take: () => take(""),
      leave: () => hold(null),
      ...Object.fromEntries(picks),
    },
  };
}
