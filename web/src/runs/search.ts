import { sampleFilters } from "~/ui/sample-list";
import type { SampleFilters } from "~/ui/sample-list";
import type { Search } from "~/ui/search";
import { given, oneOf, several, text } from "~/ui/search";

export const STATUSES = ["queued", "running", "interrupted", "completed", "failed", "cancelled"] as const;
export const TABS = ["samples", "metrics", "failures", "log", "environment", "spec"] as const;

export type Tab = (typeof TABS)[number];

export interface RunsSearch {
  readonly status?: (typeof STATUSES)[number];
  readonly model?: string;
  readonly task?: string;
  readonly experiment?: string;
}

/** What the page of a run shows: each filter of the samples is in the address. */
export interface RunSearch extends SampleFilters {
  readonly tab?: Tab;
  /** The sample that is seen beside the list: `position/epoch`. */
  readonly peek?: string;
  /** The columns that are shown, with commas between; those that are usual if it is left out. */
  readonly columns?: string;
}

export function runsSearch(search: Search): RunsSearch {
  return given({
    status: oneOf(search["status"], STATUSES),
    model: text(search["model"]),
    task: text(search["task"]),
    experiment: text(search["experiment"]),
  });
}

export function runSearch(search: Search): RunSearch {
  return given({
    tab: oneOf(search["tab"], TABS),
    ...sampleFilters(search),
    peek: /^\d{1,9}\/\d{1,6}$/.exec(text(search["peek"]) ?? "")?.[0],
    columns: several(search["columns"]),
  });
}
