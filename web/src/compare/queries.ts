import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, bodyOf } from "~/api/client";
import { given } from "~/ui/search";
import type { Outcome } from "./search";

export const comparisonQuery = (runs: string, score: string | undefined) =>
  queryOptions({
    queryKey: ["comparison", runs, score],
    queryFn: () => bodyOf(api.GET("/api/compare", { params: { query: { runs, ...given({ score }) } } })),
    placeholderData: keepPreviousData,
  });

interface Compared {
  readonly runs: string;
  readonly score: string;
  readonly only: Outcome | undefined;
  readonly slice: string | undefined;
}

export const comparedQuery = ({ runs, score, only, slice }: Compared) =>
  infiniteQueryOptions({
    queryKey: ["compared", runs, score, only, slice],
    queryFn: ({ pageParam }) =>
      bodyOf(
        api.GET("/api/compare/samples", {
          params: { query: { runs, score, ...given({ only, slice }), limit: 100, ...pageParam } },
        }),
      ),
    initialPageParam: {},
    getNextPageParam: (page) => (page.next == null ? undefined : { after: page.next }),
    placeholderData: keepPreviousData,
  });

/** Runs to choose from; with a base, those that were asked the same. */
export const candidatesQuery = queryOptions({
  queryKey: ["runs", "candidates"],
  queryFn: async () => (await bodyOf(api.GET("/api/runs", { params: { query: { limit: 200 } } }))).items,
});
