import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, bodyOf } from "~/api/client";
import { NOW } from "~/api/turn";
import type { RunsSearch } from "./search";

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

export async function stopRun(run: string): Promise<void> {
  await bodyOf(api.POST("/api/runs/{run_id}/stop", { params: { path: { run_id: run } } }));
}

export async function resumeRun(run: string): Promise<void> {
  await bodyOf(api.POST("/api/runs/{run_id}/resume", { params: { path: { run_id: run } }, body: NOW }));
}

const PARTS = 8;

/** The end of the log, and how long it is as a whole. */
export const logQuery = (run: string) =>
  queryOptions({
    queryKey: ["log", run],
    queryFn: async () => {
      const first = await logPart(run, 0);
      const begin = Math.max(first.next, first.size - PARTS * first.next);
      let text = begin === first.next ? first.text : "";
      for (let part = first, at = begin; at < first.size && part.next > part.offset; at = part.next) {
        part = await logPart(run, at);
        text += part.text;
      }
      return { text, size: first.size };
    },
  });

function logPart(run: string, offset: number) {
  return bodyOf(api.GET("/api/runs/{run_id}/log", { params: { path: { run_id: run }, query: { offset } } }));
}
