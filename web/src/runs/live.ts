import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { follow } from "~/api/live";

const EVERY = 1500;
const REMEMBERED = 300;

export interface Pace {
  /** Seconds since 1970. */
  readonly times: readonly number[];
  /** Samples a second. */
  readonly rates: readonly number[];
}

const NOTHING: Pace = { times: [], rates: [] };

/** Follows a run: what is shown of it is read again now and then, not at each of its events. */
export function useRunLive(run: string, active: boolean): Pace {
  const queries = useQueryClient();
  const done = useRef(0);
  const [pace, setPace] = useState<Pace>(NOTHING);
  useEffect(() => {
    if (!active) return;
    let moved = false;
    const stop = follow(`/api/runs/${encodeURIComponent(run)}/events`, (body) => {
      moved = true;
      done.current += samplesIn(body);
    });
    const timer = setInterval(() => {
      const finished = done.current;
      done.current = 0;
      setPace((before) => grown(before, Date.now() / 1000, (finished / EVERY) * 1000));
      if (!moved) return;
      moved = false;
      void queries.invalidateQueries({ queryKey: ["run", run] });
      void queries.invalidateQueries({ queryKey: ["samples", run], refetchType: "active" });
    }, EVERY);
    return () => {
      stop();
      clearInterval(timer);
      void queries.invalidateQueries({ queryKey: ["run", run] });
    };
  }, [queries, run, active]);
  return pace;
}

function samplesIn(body: unknown): number {
  const events = Array.isArray(body) ? (body as unknown[]) : [body];
  return events.filter((event) => isSample(event)).length;
}

function isSample(event: unknown): boolean {
  return typeof event === "object" && event !== null && "kind" in event && event.kind === "sample_done";
}

function grown({ times, rates }: Pace, time: number, rate: number): Pace {
  return { times: [...times, time].slice(-REMEMBERED), rates: [...rates, rate].slice(-REMEMBERED) };
}
