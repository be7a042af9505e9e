import { queryOptions } from "@tanstack/react-query";
import { api, bodyOf } from "~/api/client";

/** What the palette finds besides pages: the newest experiments. */
export const foundQuery = queryOptions({
  queryKey: ["experiments", "found"],
  queryFn: async () => {
    const page = await bodyOf(api.GET("/api/experiments", { params: { query: { limit: 100 } } }));
    return page.items.map(({ id, name, runs, created_at }) => ({ id, name, runs, created_at }));
  },
});
