import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import type { SampleWhole } from "~/api/records";
import { samplesQuery } from "~/ui/sample-list";
import type { SampleFilters } from "~/ui/sample-list";
import { count } from "~/ui/figures";

/** Pages of a list that are looked through for a sample. */
const MOST = 20;
/** Samples before the end of what is loaded, from which on more are asked for. */
const AHEAD = 10;

export interface Around {
  readonly previous: SampleWhole["previous"];
  readonly next: SampleWhole["next"];
  /** Where in the list that is; null where there is no list but the run's. */
  readonly among: string | null;
}

/** What stands before and after a sample in the list that it was come by: filtered and sorted, or all of the run. */
export function useAround({ run, sample, generation, previous, next }: SampleWhole, filters: SampleFilters): Around {
  const narrowed = Object.keys(filters).length > 0;
  const { data, error, hasNextPage, isFetching, fetchNextPage } = useInfiniteQuery({
    ...samplesQuery(run.id, filters),
    enabled: narrowed,
    // Who has gone far through a list is not made to read all of it again.
    refetchOnMount: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  const rows = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  const at = rows.findIndex((row) => row.position === sample.position && row.epoch === generation.epoch);
  const short = at < 0 ? (data?.pages.length ?? MOST) < MOST : at >= rows.length - AHEAD;
  const more = narrowed && short && hasNextPage && !isFetching && error === null;
  useEffect(() => {
    if (more) void fetchNextPage();
  }, [more, fetchNextPage]);
  if (!narrowed) return { previous, next, among: null };
  if (at < 0 && (isFetching || more)) return { previous: null, next: null, among: "looked for in the list" };
  if (at < 0 && error !== null) return { previous, next, among: `its list cannot be read: ${error.message}` };
  if (at < 0)
    return {
      previous,
      next,
      among: `not among ${hasNextPage ? "the first" : "the"} ${count(rows.length)} of the list`,
    };
  const all = `${count(rows.length)}${hasNextPage ? "+" : ""}`;
  return {
    previous: rows[at - 1] ?? null,
    next: rows[at + 1] ?? null,
    among: `${count(at + 1)} of ${all} in the list`,
  };
}
