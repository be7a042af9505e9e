import type { Filled, Passage, Sheet } from "~/api/records";
import type { RubricForm } from "./rubric";
import { opposite } from "./rubric";

/** What a reviewer has filled in so far. */

export interface Said {
  readonly answer: string;
  readonly note: string;
}

export interface Draft {
  readonly items: Readonly<Record<string, Said>>;
  readonly passages: readonly Passage[];
  readonly critique: string;
  /** How sure the reviewer is of all of it, from 0 to 1; null where nothing is said of that. */
  readonly confidence: number | null;
}

export const BLANK: Draft = { items: {}, passages: [], critique: "", confidence: null };

/** How sure one can say that one is, by a key. */
export const SURE = [0.5, 0.7, 0.9, 1] as const;

/** What was kept of an item; nothing of it is taken on trust. */
export function draftOf(kept: Sheet["draft"] | undefined): Draft {
  if (kept === null || kept === undefined) return BLANK;
  const items = isTold(kept["items"]) ? kept["items"] : {};
  const passages = Array.isArray(kept["passages"]) ? kept["passages"] : [];
  return {
    items: Object.fromEntries(
      Object.entries(items)
        .filter((pair): pair is [string, Told] => isTold(pair[1]))
        .map(([path, said]) => [path, { answer: textOf(said["answer"]), note: textOf(said["note"]) }]),
    ),
    passages: passages.flatMap((passage) => (isTold(passage) ? [passageOf(passage)] : [])),
    critique: textOf(kept["critique"]),
    confidence: shareOf(kept["confidence"]),
  };
}

export function filledOf({ items, passages, critique, confidence }: Draft, seconds: number | null = null): Filled {
  const said = Object.entries(items).map(([path, one]) => [path, { ...one, confidence: null }] as const);
  return { items: Object.fromEntries(said), passages: [...passages], critique, confidence, seconds };
}

export function answered(draft: Draft, path: string, answer: string): Draft {
  const before = draft.items[path];
  return { ...draft, items: { ...draft.items, [path]: { answer, note: before?.note ?? "" } } };
}

/** More sure, or less: past either end nothing is said of it. */
export function surer(draft: Draft, step: 1 | -1): Draft {
  const before = draft.confidence;
  const levels = step > 0 ? SURE : SURE.toReversed();
  const next = levels.find((one) => before === null || (one - before) * step > 0) ?? null;
  return { ...draft, confidence: next };
}

export function isWhole(draft: Draft, form: RubricForm): boolean {
  return form.asked.every(({ path }) => (draft.items[path]?.answer ?? "") !== "");
}

/** What the judge says, but otherwise where it is asked: the beginning of an override. */
export function overriding(draft: Draft, suggestion: NonNullable<Sheet["suggestion"]>, path: string): Draft {
  const items: Record<string, Said> = {};
  for (const [name, said] of Object.entries(suggestion.items)) {
    const against = name === path ? opposite(said.answer) : said.answer;
    const mine = draft.items[name];
    const kept = mine !== undefined && (name !== path || mine.answer !== said.answer);
    if (kept) items[name] = mine;
    else if (against !== null) items[name] = { answer: against, note: mine?.note ?? "" };
  }
  return { ...draft, items: { ...draft.items, ...items } };
}

/** Whether it says what the judge says. */
export function agrees(draft: Draft, suggestion: Sheet["suggestion"]): boolean {
  if (suggestion === null) return false;
  return Object.entries(suggestion.items).every(([path, said]) => draft.items[path]?.answer === said.answer);
}

type Told = Readonly<Record<string, unknown>>;

const SOURCES = ["response", "response_1", "response_2"] as const;

function passageOf(told: Told): Passage {
  return {
    source: SOURCES.find((one) => one === told["source"]) ?? "response",
    start: numberOf(told["start"]),
    end: numberOf(told["end"]),
    quote: textOf(told["quote"]),
    kind: textOf(told["kind"]),
    note: textOf(told["note"]),
    item: textOf(told["item"]),
  };
}

function isTold(value: unknown): value is Told {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function shareOf(value: unknown): number | null {
  return typeof value === "number" && value >= 0 && value <= 1 ? value : null;
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
