import { queryOptions } from "@tanstack/react-query";
import { api, bodyOf } from "./client";
import type { Baseline, RunRow } from "./records";

/** The baselines that hold today. */
export const baselinesQuery = queryOptions({
  queryKey: ["baselines"],
  queryFn: () => bodyOf(api.GET("/api/baselines")),
  staleTime: 30_000,
});

export async function setBaseline(name: string, runs: readonly RunRow[]): Promise<void> {
  await bodyOf(api.POST("/api/baselines", { body: { name, runs: runs.map((run) => run.id), branch: "" } }));
}

export async function removeBaseline(name: string): Promise<void> {
  await bodyOf(api.POST("/api/baselines/remove", { body: { name, branch: "" } }));
}

export interface Held {
  readonly name: string;
  /** The run that is the baseline, and those that are held against it. */
  readonly runs: readonly string[];
}

/** What runs can be held against: of each baseline the run on the same task, of the same model if there is one. */
export function heldAgainst(baselines: readonly Baseline[], runs: readonly RunRow[]): Held[] {
  const found = new Map<string, { name: string; runs: string[] }>();
  for (const name of new Set(baselines.map((one) => one.name))) {
    for (const run of runs) {
      const onTask = baselines.filter((one) => one.name === name && one.task === run.task);
      const sameModel = onTask.filter((one) => one.model === run.model);
      const mine = sameModel.length > 0 ? sameModel : onTask;
      const base = (mine.find((one) => one.branch === "") ?? mine[0])?.run_id ?? null;
      if (base === null || base === run.id || (sameModel.length === 0 && mine.length > 1)) continue;
      const key = `${name} ${base}`;
      const held = found.get(key) ?? { name, runs: [base] };
      held.runs.push(run.id);
      found.set(key, held);
    }
  }
  return [...found.values()];
}

/** `main`, `main (branch next)`: what a run is the baseline of. */
export function namesOf(baselines: readonly Baseline[], run: string): string[] {
  return baselines
    .filter((one) => one.run_id === run)
    .map((one) => (one.branch === "" ? one.name : `${one.name} (branch ${one.branch})`));
}
