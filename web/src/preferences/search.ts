import type { Search } from "~/ui/search";
import { given, number, several, text, yes } from "~/ui/search";

export const SOURCES = ["human", "model", "execution", "rules"] as const;

export interface PreferencesSearch {
  /** Whose answers, or whose verdicts: ids with commas between. */
  readonly runs?: string;
  readonly source?: string;
  readonly criterion?: string;
  readonly min_agreement?: number;
  readonly min_confidence?: number;
  readonly both_ways?: true;
  /** The preference that is shown in full. */
  readonly id?: string;
}

export function preferencesSearch(search: Search): PreferencesSearch {
  return given({
    runs: several(search["runs"]),
    source: several(search["source"]),
    criterion: text(search["criterion"]),
    min_agreement: number(search["min_agreement"]),
    min_confidence: number(search["min_confidence"]),
    both_ways: yes(search["both_ways"]),
    id: text(search["id"]),
  });
}
