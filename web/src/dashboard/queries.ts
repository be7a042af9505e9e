import { queryOptions } from "@tanstack/react-query";
import { api, bodyOf } from "~/api/client";

export const overviewQuery = queryOptions({
  queryKey: ["overview"],
  queryFn: () => bodyOf(api.GET("/api/overview")),
  // The live stream says when something moves; this is for when it is broken.
  refetchInterval: 30_000,
});
