import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, bodyOf } from "~/api/client";
import type { RunRow } from "~/api/records";
import { NOW } from "~/api/turn";

export const experimentsQuery = (name: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ["experiments", name],
    queryFn: ({ pageParam }) =>
      bodyOf(api.GET("/api/experiments", { params: { query: { limit: 100, ...(name && { name }), ...pageParam } } })),
    initialPageParam: {},
    getNextPageParam: (page) => (page.next == null ? undefined : { after: page.next }),
    placeholderData: keepPreviousData,
  });

export const experimentQuery = (experiment: string) =>
  queryOptions({
    queryKey: ["experiment", experiment],
    queryFn: () =>
      bodyOf(api.GET("/api/experiments/{experiment_id}", { params: { path: { experiment_id: experiment } } })),
  });

export const gatesQuery = (experiment: string) =>
  queryOptions({
    queryKey: ["experiment", experiment, "gates"],
    queryFn: () =>
      bodyOf(api.GET("/api/experiments/{experiment_id}/gates", { params: { path: { experiment_id: experiment } } })),
  });

/** How the mean of a score went over the run's answers. Of a run that is over it stays what it is. */
export const curveQuery = ({ id, done, status }: RunRow, score: string) =>
  queryOptions({
    queryKey: ["run", id, "curve", score],
    queryFn: () => bodyOf(api.GET("/api/runs/{run_id}/curve", { params: { path: { run_id: id }, query: { score } } })),
    staleTime: done > 0 && status === "completed" ? Infinity : 0,
    refetchInterval: status === "running" ? 3000 : false,
  });

export async function stopExperiment(experiment: string): Promise<void> {
  await bodyOf(api.POST("/api/experiments/{experiment_id}/stop", { params: { path: { experiment_id: experiment } } }));
}

export async function resumeExperiment(experiment: string): Promise<void> {
  await bodyOf(
    api.POST("/api/experiments/{experiment_id}/resume", {
      params: { path: { experiment_id: experiment } },
      body: NOW,
    }),
  );
}
