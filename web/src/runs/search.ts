import type { Search } from "~/ui/search";
import { given, number, oneOf, several, text, yes } from "~/ui/search";

export const STATUSES = ["queued", "running", "interrupted", "completed", "failed", "cancelled"] as const;
export const TABS = ["samples", "metrics", "failures", "log", "environment", "spec"] as const;
const SORTS = ["position", "latency", "cost", "score"] as const;

export type Tab = (typeof TABS)[number];

export interface RunsSearch {
  readonly status?: (typeof STATUSES)[number];
  readonly model?: string;
  readonly task?: string;
  readonly experiment?: string;
}

/** What the page of a run shows: each filter of the samples is in the address. */
export interface RunSearch {
  readonly tab?: Tab;
  readonly slice?: string;
  readonly score?: string;
  readonly at_least?: number;
  readonly at_most?: number;
  readonly label?: string;
  readonly failed?: true;
  readonly q?: string;
  readonly sort?: (typeof SORTS)[number];
  readonly descending?: true;
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
    slice: text(search["slice"]),
    score: text(search["score"]),
    at_least: number(search["at_least"]),
    at_most: number(search["at_most"]),
    label: text(search["label"]),
    failed: yes(search["failed"]),
    q: text(search["q"]),
    sort: oneOf(search["sort"], SORTS),
    descending: yes(search["descending"]),
    peek: /^\d{1,9}\/\d{1,6}$/.exec(text(search["peek"]) ?? "")?.[0],
    columns: several(search["columns"]),
  });
}
