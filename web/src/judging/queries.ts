import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, bodyOf } from "~/api/client";
import type { CellPlace } from "./search";

export const judgingQuery = (run: string) =>
  queryOptions({
    queryKey: ["judging", run],
    queryFn: () => bodyOf(api.GET("/api/judging/{run_id}", { params: { path: { run_id: run } } })),
  });

/** Everything of which a judge said one thing and a reference another; in one page, as a list wants it. */
export const cellQuery = (run: string, [criterion, judge, reference, said, referred]: CellPlace) =>
  infiniteQueryOptions({
    queryKey: ["judging", run, "cell", criterion, judge, reference, said, referred],
    queryFn: async () => {
      const query = { criterion, judge, reference, judge_said: said, reference_said: referred };
      return {
        items: await bodyOf(api.GET("/api/judging/{run_id}/cell", { params: { path: { run_id: run }, query } })),
      };
    },
    initialPageParam: null,
    getNextPageParam: () => undefined,
  });

/** Runs that judge. */
export const judgesQuery = queryOptions({
  queryKey: ["runs", "judges"],
  queryFn: async () => {
    const page = await bodyOf(api.GET("/api/runs", { params: { query: { limit: 200 } } }));
    return page.items.filter((run) => run.rubric !== null);
  },
});
