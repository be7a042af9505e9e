import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { Accepted, Filled } from "~/api/records";
import { api, bodyOf } from "~/api/client";

/** Reviews, the newest first. */
export const reviewsQuery = infiniteQueryOptions({
  queryKey: ["reviews", "list"],
  queryFn: ({ pageParam }) =>
    bodyOf(
      api.GET("/api/reviews", { params: { query: { limit: 50, ...(pageParam !== null && { after: pageParam }) } } }),
    ),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next,
  refetchInterval: 15_000,
});

export const reviewQuery = (review: string) =>
  queryOptions({
    queryKey: ["reviews", review],
    queryFn: () => bodyOf(api.GET("/api/reviews/{review_id}", { params: { path: { review_id: review } } })),
    refetchInterval: 15_000,
  });

export const agreementQuery = (review: string) =>
  queryOptions({
    queryKey: ["reviews", review, "agreement"],
    queryFn: () => bodyOf(api.GET("/api/reviews/{review_id}/agreement", { params: { path: { review_id: review } } })),
  });

export const estimateQuery = (review: string) =>
  queryOptions({
    queryKey: ["reviews", review, "estimate"],
    queryFn: () => bodyOf(api.GET("/api/reviews/{review_id}/estimate", { params: { path: { review_id: review } } })),
  });

export const formQuery = (review: string) =>
  queryOptions({
    queryKey: ["reviews", review, "form"],
    queryFn: () => bodyOf(api.GET("/api/reviews/{review_id}/form", { params: { path: { review_id: review } } })),
    staleTime: Infinity,
  });

export const disputesQuery = (review: string) =>
  queryOptions({
    queryKey: ["reviews", review, "disputes"],
    queryFn: () =>
      bodyOf(
        api.GET("/api/reviews/{review_id}/disputes", {
          params: { path: { review_id: review }, query: { limit: 200 } },
        }),
      ),
    refetchInterval: 15_000,
  });

/** What one can review: runs, and the judges that have looked at them. */
export const runsQuery = queryOptions({
  queryKey: ["runs", "to-review"],
  queryFn: async () => (await bodyOf(api.GET("/api/runs", { params: { query: { limit: 200 } } }))).items,
});

export const rubricsQuery = queryOptions({
  queryKey: ["rubrics"],
  queryFn: () => bodyOf(api.GET("/api/rubrics")),
  staleTime: 60_000,
});

export async function openReview(yaml: string): Promise<string> {
  return (await bodyOf(api.POST("/api/reviews", { body: { yaml, spec: null } }))).id;
}

/** What a reviewer can do, under the name given where nobody logs in. */
export function desk(review: string, as: string | undefined) {
  const query = as === undefined ? {} : { as };
  const whole = { params: { path: { review_id: review }, query } };
  const of = (item: string) => ({ params: { path: { review_id: review, item_id: item }, query } });
  return {
    claim: () => bodyOf(api.POST("/api/reviews/{review_id}/claim", whole)),
    save: (item: string, body: Filled, keepalive = false) =>
      bodyOf(api.PUT("/api/reviews/{review_id}/items/{item_id}/draft", { ...of(item), body, keepalive })),
    choose: (item: string, body: Filled) =>
      bodyOf(api.POST("/api/reviews/{review_id}/items/{item_id}/choose", { ...of(item), body })),
    submit: (item: string, body: Filled) =>
      bodyOf(api.POST("/api/reviews/{review_id}/items/{item_id}/submit", { ...of(item), body })),
    accept: (item: string, body: Accepted) =>
      bodyOf(api.POST("/api/reviews/{review_id}/items/{item_id}/accept", { ...of(item), body })),
    skip: (item: string, reason: string) =>
      bodyOf(api.POST("/api/reviews/{review_id}/items/{item_id}/skip", { ...of(item), body: { reason } })),
    undo: (item: string | null) => bodyOf(api.POST("/api/reviews/{review_id}/undo", { ...whole, body: { item } })),
    hear: (item: string) => bodyOf(api.POST("/api/reviews/{review_id}/disputes/{item_id}/hear", of(item))),
    decide: (item: string, body: Filled) =>
      bodyOf(api.POST("/api/reviews/{review_id}/disputes/{item_id}/decide", { ...of(item), body })),
    uphold: (item: string, reviewer: string) =>
      bodyOf(api.POST("/api/reviews/{review_id}/disputes/{item_id}/uphold", { ...of(item), body: { reviewer } })),
  };
}

export type Desk = ReturnType<typeof desk>;
