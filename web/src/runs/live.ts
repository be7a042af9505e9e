import type { QueryClient } from "@tanstack/react-query";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { follow } from "~/api/live";
import type { ActiveRun, RunWhole } from "~/api/records";

const EVERY = 1500;
const REMEMBERED = 300;
const MOST_PAGES = 3;

export interface Pace {
  /** Seconds since 1970. */
  readonly times: readonly number[];
  /** Samples a second. */
  readonly rates: readonly number[];
}

const NOTHING: Pace = { times: [], rates: [] };

/** Follows a run: how far it is at once; its samples and figures are read again now and then, not at each event. */
export function useRunLive(run: string): Pace {
  const queries = useQueryClient();
  const [pace, setPace] = useState<Pace>(NOTHING);
  useEffect(() => {
    let done = 0;
    let status: string | null = null;
    let moved = false;
    const stop = follow(`/api/runs/${encodeURIComponent(run)}/events`, {
      events: (body) => {
        moved = true;
        done += samplesIn(body);
      },
      run: (body) => {
        const { run: row, rate, seconds_left } = body as ActiveRun;
        moved ||= row.status !== status;
        status = row.status;
        queries.setQueryData<RunWhole>(["run", run], (whole) => whole && { ...whole, row, rate, seconds_left });
      },
    });
    const timer = setInterval(() => {
      const rate = (done / EVERY) * 1000;
      if (status === "running") setPace((before) => grown(before, Date.now() / 1000, rate));
      if (moved) reread(queries, run);
      done = 0;
      moved = false;
    }, EVERY);
    return () => {
      stop();
      clearInterval(timer);
    };
  }, [queries, run]);
  return pace;
}

function reread(queries: QueryClient, run: string): void {
  void queries.invalidateQueries({ queryKey: ["run", run] });
  // Who has scrolled far is not made to read everything again.
  void queries.invalidateQueries({
    queryKey: ["samples", run],
    predicate: ({ state }) => pagesIn(state.data) <= MOST_PAGES,
  });
}

function samplesIn(body: unknown): number {
  const { events } = body as { events: { kind: string }[] };
  return events.filter((event) => event.kind === "sample_done").length;
}

function pagesIn(data: unknown): number {
  return (data as { pages?: unknown[] } | undefined)?.pages?.length ?? 0;
}

function grown({ times, rates }: Pace, time: number, rate: number): Pace {
  return { times: [...times, time].slice(-REMEMBERED), rates: [...rates, rate].slice(-REMEMBERED) };
}
