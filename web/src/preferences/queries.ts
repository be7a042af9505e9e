import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, bodyOf } from "~/api/client";
import { given, partsOf } from "~/ui/search";
import { SOURCES } from "./search";
import type { PreferencesSearch } from "./search";

export const FORMATS = ["trl-dpo", "trl-kto", "trl-reward", "openai", "anthropic-hh", "ultrafeedback"] as const;

export const preferencesQuery = (search: PreferencesSearch) => {
  const wanted = wantedOf(search);
  return infiniteQueryOptions({
    queryKey: ["preferences", wanted],
    queryFn: ({ pageParam }) =>
      bodyOf(api.GET("/api/preferences", { params: { query: { ...wanted, limit: 100, ...pageParam } } })),
    initialPageParam: {},
    getNextPageParam: (page) => (page.next == null ? undefined : { after: page.next }),
    placeholderData: keepPreviousData,
  });
};

export const preferenceQuery = (id: string, search: PreferencesSearch) => {
  const wanted = wantedOf(search);
  return queryOptions({
    queryKey: ["preference", id, wanted],
    queryFn: () =>
      bodyOf(api.GET("/api/preferences/{preference_id}", { params: { path: { preference_id: id }, query: wanted } })),
  });
};

/** Where the same selection is downloaded from. */
export function exportAddress(search: PreferencesSearch, format: (typeof FORMATS)[number]): string {
  const { source = [], criterion = [], ...single } = wantedOf(search);
  const query = new URLSearchParams({ format });
  for (const [name, value] of Object.entries(single)) query.set(name, String(value));
  for (const one of source) query.append("source", one);
  for (const one of criterion) query.append("criterion", one);
  return `/api/preferences/export?${query.toString()}`;
}

/** Runs whose preferences one may want: judges first. */
export const runsToChoose = queryOptions({
  queryKey: ["runs", "preferences"],
  queryFn: async () => {
    const page = await bodyOf(api.GET("/api/runs", { params: { query: { limit: 200 } } }));
    return page.items.toSorted((one, two) => Number(two.rubric !== null) - Number(one.rubric !== null));
  },
});

function wantedOf({ runs = "", source, criterion, min_agreement, min_confidence, both_ways }: PreferencesSearch) {
  const sources = SOURCES.filter((one) => partsOf(source).includes(one));
  return {
    runs,
    ...given({ min_agreement, min_confidence, both_ways }),
    ...(sources.length > 0 && { source: sources }),
    ...(criterion !== undefined && { criterion: [criterion] }),
  };
}
