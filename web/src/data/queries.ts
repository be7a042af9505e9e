import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, bodyOf } from "~/api/client";

const KEPT = { staleTime: 60_000 };

export const datasetsQuery = infiniteQueryOptions({
  queryKey: ["datasets"],
  queryFn: ({ pageParam }) => bodyOf(api.GET("/api/datasets", { params: { query: { limit: 100, ...pageParam } } })),
  initialPageParam: {},
  getNextPageParam: (page) => (page.next == null ? undefined : { after: page.next }),
});

export const datasetQuery = (dataset: string) =>
  queryOptions({
    queryKey: ["dataset", dataset],
    queryFn: () => bodyOf(api.GET("/api/datasets/{dataset_id}", { params: { path: { dataset_id: dataset } } })),
  });

export const briefsQuery = (dataset: string) =>
  infiniteQueryOptions({
    queryKey: ["dataset", dataset, "samples"],
    queryFn: ({ pageParam }) =>
      bodyOf(
        api.GET("/api/datasets/{dataset_id}/samples", {
          params: { path: { dataset_id: dataset }, query: { limit: 100, ...pageParam } },
        }),
      ),
    initialPageParam: {},
    getNextPageParam: (page) => (page.next == null ? undefined : { after: page.next }),
  });

export const dataSampleQuery = (dataset: string, position: number) =>
  queryOptions({
    queryKey: ["dataset", dataset, "sample", position],
    queryFn: () =>
      bodyOf(
        api.GET("/api/datasets/{dataset_id}/samples/{position}", {
          params: { path: { dataset_id: dataset, position } },
        }),
      ),
  });

export const tasksQuery = queryOptions({ queryKey: ["tasks"], queryFn: () => bodyOf(api.GET("/api/tasks")), ...KEPT });
export const rubricsQuery = queryOptions({
  queryKey: ["rubrics"],
  queryFn: () => bodyOf(api.GET("/api/rubrics")),
  ...KEPT,
});
export const modelsQuery = queryOptions({
  queryKey: ["models"],
  queryFn: () => bodyOf(api.GET("/api/models")),
  ...KEPT,
});
export const pluginsQuery = queryOptions({
  queryKey: ["plugins"],
  queryFn: () => bodyOf(api.GET("/api/plugins")),
  ...KEPT,
});
export const presetsQuery = queryOptions({
  queryKey: ["presets"],
  queryFn: () => bodyOf(api.GET("/api/presets")),
  ...KEPT,
});
export const promptsQuery = queryOptions({
  queryKey: ["prompts"],
  queryFn: () => bodyOf(api.GET("/api/prompts")),
  ...KEPT,
});
