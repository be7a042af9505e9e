import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, bodyOf } from "~/api/client";
import { given } from "~/ui/search";
import type { RunSearch, RunsSearch } from "./search";

const PAGE = 100;

export const runsQuery = (search: RunsSearch) =>
  infiniteQueryOptions({
    queryKey: ["runs", search],
    queryFn: ({ pageParam }) =>
      bodyOf(api.GET("/api/runs", { params: { query: { ...search, limit: PAGE, ...pageParam } } })),
    initialPageParam: {},
    getNextPageParam: (page) => (page.next == null ? undefined : { after: page.next }),
    placeholderData: keepPreviousData,
  });

export const runQuery = (run: string) =>
  queryOptions({
    queryKey: ["run", run],
    queryFn: () => bodyOf(api.GET("/api/runs/{run_id}", { params: { path: { run_id: run } } })),
  });

export const samplesQuery = (run: string, search: RunSearch) =>
  infiniteQueryOptions({
    queryKey: ["samples", run, filtersOf(search)],
    queryFn: ({ pageParam, signal }) =>
      bodyOf(
        api.GET("/api/runs/{run_id}/samples", {
          params: { path: { run_id: run }, query: { ...filtersOf(search), limit: PAGE, ...pageParam } },
          signal,
        }),
      ),
    initialPageParam: {},
    getNextPageParam: (page) => (page.next == null ? undefined : { after: page.next }),
    placeholderData: keepPreviousData,
  });

export async function stopRun(run: string): Promise<void> {
  await bodyOf(api.POST("/api/runs/{run_id}/stop", { params: { path: { run_id: run } } }));
}

export async function resumeRun(run: string): Promise<void> {
  await bodyOf(api.POST("/api/runs/{run_id}/resume", { params: { path: { run_id: run } } }));
}

/** What of the page's search the API knows. */
function filtersOf({ slice, score, at_least, at_most, label, failed, q, sort, descending }: RunSearch) {
  return given({ slice, score, at_least, at_most, label, failed, q, sort, descending });
}

/** The end of the log, in as many parts as it takes. */
export const logQuery = (run: string) =>
  queryOptions({
    queryKey: ["log", run],
    queryFn: async () => {
      const log = await bodyOf(api.GET("/api/runs/{run_id}/log", { params: { path: { run_id: run } } }));
      return log.text;
    },
  });
