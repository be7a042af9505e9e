import type { Search } from "~/ui/search";
import { given, oneOf, several, text } from "~/ui/search";

export interface ExperimentsSearch {
  readonly q?: string;
}

export interface ExperimentSearch {
  /** The score that the tables are about. */
  readonly score?: string;
}

export interface NewSearch {
  readonly as?: "form" | "yaml";
  /** A config that ships, or an experiment, to begin from. */
  readonly from?: string;
  /** Runs whose answers are to be judged, with commas between. */
  readonly judge?: string;
}

export function experimentsSearch(search: Search): ExperimentsSearch {
  return given({ q: text(search["q"]) });
}

export function experimentSearch(search: Search): ExperimentSearch {
  return given({ score: text(search["score"]) });
}

export function newSearch(search: Search): NewSearch {
  return given({
    as: oneOf(search["as"], ["form", "yaml"] as const),
    from: text(search["from"]),
    judge: several(search["judge"]),
  });
}
