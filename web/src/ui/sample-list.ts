import { infiniteQueryOptions, keepPreviousData } from "@tanstack/react-query";
import { api, bodyOf } from "~/api/client";
import type { Search } from "./search";
import { given, number, oneOf, text, yes } from "./search";

const PAGE = 100;
const SORTS = ["position", "latency", "cost", "score"] as const;

/** Which samples of a run are listed, and in which order; all of it in the address. */
export interface SampleFilters {
  readonly slice?: string;
  readonly score?: string;
  readonly at_least?: number;
  readonly at_most?: number;
  readonly label?: string;
  readonly failed?: true;
  readonly q?: string;
  readonly sort?: (typeof SORTS)[number];
  readonly descending?: true;
}

/** What an address says of them. */
export function sampleFilters(search: Search): SampleFilters {
  return given({
    slice: text(search["slice"]),
    score: text(search["score"]),
    at_least: number(search["at_least"]),
    at_most: number(search["at_most"]),
    label: text(search["label"]),
    failed: yes(search["failed"]),
    q: text(search["q"]),
    sort: oneOf(search["sort"], SORTS),
    descending: yes(search["descending"]),
  });
}

/** The samples of a run that are listed, a page at a time. */
export const samplesQuery = (run: string, filters: SampleFilters) =>
  infiniteQueryOptions({
    queryKey: ["samples", run, filters],
    queryFn: ({ pageParam, signal }) =>
      bodyOf(
        api.GET("/api/runs/{run_id}/samples", {
          params: { path: { run_id: run }, query: { ...filters, limit: PAGE, ...pageParam } },
          signal,
        }),
      ),
    initialPageParam: {},
    getNextPageParam: (page) => (page.next == null ? undefined : { after: page.next }),
    placeholderData: keepPreviousData,
  });
