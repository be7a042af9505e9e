import type { Search } from "~/ui/search";
import { given, oneOf, text } from "~/ui/search";

export interface WorkSearch {
  /** Who reviews, where nobody logs in. */
  readonly as?: string;
}

export interface DisputesSearch extends WorkSearch {
  readonly item?: string;
}

export interface NewReviewSearch {
  readonly as?: "form" | "yaml";
  readonly judge?: string;
  readonly runs?: string;
}

export function workSearch(search: Search): WorkSearch {
  return given({ as: text(search["as"]) });
}

export function disputesSearch(search: Search): DisputesSearch {
  return given({ as: text(search["as"]), item: text(search["item"]) });
}

export function newReviewSearch(search: Search): NewReviewSearch {
  return given({
    as: oneOf(search["as"], ["form", "yaml"] as const),
    judge: text(search["judge"]),
    runs: text(search["runs"]),
  });
}
