import { sampleFilters } from "~/ui/sample-list";
import type { SampleFilters } from "~/ui/sample-list";
import type { Search } from "~/ui/search";
import { given, oneOf, several, text } from "~/ui/search";

export const VIEWS = ["rendered", "text", "code"] as const;

/** What the page of a sample shows, and which list it was come by: `j` and `k` go through that. */
export interface SampleSearch extends SampleFilters {
  readonly view?: (typeof VIEWS)[number];
  /** Runs whose answers stand beside, with commas between; `none` for nobody's. */
  readonly with?: string;
  /** The run whose answer is held against this one. */
  readonly diff?: string;
  /** The score whose passages are marked. */
  readonly mark?: string;
}

export function sampleSearch(search: Search): SampleSearch {
  return given({
    ...sampleFilters(search),
    view: oneOf(search["view"], VIEWS),
    with: several(search["with"]),
    diff: text(search["diff"]),
    mark: text(search["mark"]),
  });
}
