import type { Search } from "~/ui/search";
import { given, text } from "~/ui/search";

/** A cell of a matrix: the criterion, who judged, who is the reference, and what each of the two said. */
export type CellPlace = readonly [criterion: string, judge: string, reference: string, said: string, referred: string];

export interface JudgingSearch {
  readonly criterion?: string;
  readonly cell?: CellPlace;
}

export function judgingSearch(search: Search): JudgingSearch {
  return given({ criterion: text(search["criterion"]), cell: place(search["cell"]) });
}

export function isSame(one: CellPlace | undefined, other: CellPlace): boolean {
  return one?.every((part, index) => part === other[index]) === true;
}

function place(value: unknown): CellPlace | undefined {
  if (!Array.isArray(value) || value.length !== 5) return undefined;
  const parts = value.map((part: unknown) => text(part)?.slice(0, 500) ?? "");
  return parts.includes("") ? undefined : (parts as unknown as CellPlace);
}
