import { queryOptions } from "@tanstack/react-query";
import { api, bodyOf } from "~/api/client";

export const judgingQuery = (run: string) =>
  queryOptions({
    queryKey: ["judging", run],
    queryFn: () => bodyOf(api.GET("/api/judging/{run_id}", { params: { path: { run_id: run } } })),
  });

/** Runs that judge. */
export const judgesQuery = queryOptions({
  queryKey: ["runs", "judges"],
  queryFn: async () => {
    const page = await bodyOf(api.GET("/api/runs", { params: { query: { limit: 200 } } }));
    return page.items.filter((run) => run.rubric !== null);
  },
});
