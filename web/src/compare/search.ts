import type { Search } from "~/ui/search";
import { given, oneOf, several, text } from "~/ui/search";

export const OUTCOMES = ["regressed", "fixed", "both_wrong", "both_right"] as const;

export type Outcome = (typeof OUTCOMES)[number];

export interface CompareSearch {
  /** The base, and those held against it, with commas between. */
  readonly runs?: string;
  readonly score?: string;
  /** Which of the others the tables below are about. */
  readonly other?: string;
  readonly slice?: string;
  readonly only?: Outcome;
}

export function compareSearch(search: Search): CompareSearch {
  return given({
    runs: several(search["runs"]),
    score: text(search["score"]),
    other: text(search["other"]),
    slice: text(search["slice"]),
    only: oneOf(search["only"], OUTCOMES),
  });
}
