import type { RunWhole } from "~/api/records";

/** What answers have been given by way of scores: first those of the run itself, then what others say of its answers. */
export function facetsOf({ scores, metrics }: Pick<RunWhole, "scores" | "metrics">): RunWhole["scores"] {
  const own = new Set(metrics.map((metric) => metric.score));
  return scores.toSorted((one, two) => Number(own.has(two.name)) - Number(own.has(one.name)));
}
