import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, bodyOf } from "~/api/client";
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
