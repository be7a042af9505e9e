import { useThrottledCallback } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { follow } from "~/api/live";

const LISTS = [["overview"], ["experiments"], ["experiment"], ["runs"], ["jobs"]];

/** Whatever moves anywhere: lists that are on the page are read again, at most every other second. */
export function useLive(): void {
  const queries = useQueryClient();
  const refresh = useThrottledCallback(() => {
    for (const queryKey of LISTS) void queries.invalidateQueries({ queryKey });
  }, 2000);
  useEffect(() => follow("/api/events", { runs: refresh }), [refresh]);
}
