import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, bodyOf } from "~/api/client";
import type { Evaluation, Job } from "~/api/records";
import type { JobsSearch } from "./search";

const SOON = 1000;

export const jobsQuery = (search: JobsSearch) =>
  infiniteQueryOptions({
    queryKey: ["jobs", search],
    queryFn: ({ pageParam }) =>
      bodyOf(api.GET("/api/jobs", { params: { query: { ...search, limit: 100, ...pageParam } } })),
    initialPageParam: {},
    getNextPageParam: (page) => (page.next == null ? undefined : { after: page.next }),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.pages[0]?.items.some(isOpen) === true ? 2 * SOON : false),
  });

/** A job, read again until it is over. */
export const jobQuery = (job: string) =>
  queryOptions({
    queryKey: ["job", job],
    queryFn: () => bodyOf(api.GET("/api/jobs/{job_id}", { params: { path: { job_id: job } } })),
    refetchInterval: ({ state }) => (state.data !== undefined && isOpen(state.data) ? SOON : false),
  });

export const choicesQuery = queryOptions({
  queryKey: ["judges-and-rubrics"],
  queryFn: async () => {
    const [models, rubrics] = await Promise.all([bodyOf(api.GET("/api/models")), bodyOf(api.GET("/api/rubrics"))]);
    return { judges: ["rules", ...new Set(models.map((model) => model.model))], rubrics };
  },
  staleTime: 60_000,
});

export async function judge(asked: Evaluation): Promise<Job> {
  return bodyOf(api.POST("/api/evaluate", { body: asked }));
}

export async function cancel(job: string): Promise<Job> {
  return bodyOf(api.POST("/api/jobs/{job_id}/cancel", { params: { path: { job_id: job } } }));
}

/** Whether somebody is still to work on it, or does. */
export function isOpen({ status }: Job): boolean {
  return status === "queued" || status === "running";
}

/** What it is called; jobs of before they had titles are called by what they are about. */
export function aboutOf({ title, subject }: Job): string {
  return [title, subject].find((each) => each != null && each !== "") ?? "–";
}
