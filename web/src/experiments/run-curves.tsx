import { Skeleton } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";
import type { Curve, ExperimentWhole } from "~/api/records";
import { Failure } from "~/ui/states";
import { Section } from "~/ui/page";
import { curveQuery } from "./queries";

const Curves = lazy(() => import("~/ui/curves"));
const MOST = 12;
const HEIGHT = 220;

interface RunCurvesProps {
  readonly whole: ExperimentWhole;
  readonly score: string | undefined;
}

/** Every run's mean over its first so many answers: whether the figures have settled, and who leads since when. */
export function RunCurves({ whole: { runs, metrics }, score }: RunCurvesProps) {
  const having = runs.filter((run) => metrics.some((one) => one.run_id === run.id && one.score === score));
  const shown = having.slice(0, MOST);
  const found = useQueries({
    queries: score === undefined ? [] : shown.map((run) => curveQuery(run, score)),
    combine: (results) => ({
      curves: results.map((one) => one.data),
      failed: results.find((one) => one.error !== null),
    }),
  });
  const drawn = useMemo(() => overOneAxis(found.curves), [found.curves]);
  if (score === undefined || having.length === 0) return null;
  const names = shown.map(({ model, task }) =>
    shown.every((run) => run.task === task) ? model : `${model} on ${task}`,
  );
  return (
    <Section
      title="Curves"
      note={`mean of ${score} over the first answers, in the order of the data set${
        having.length > MOST ? `; the first ${MOST} of ${having.length} runs` : ""
      }`}
    >
      {found.failed !== undefined ? (
        <Failure error={found.failed.error} onRetry={() => void found.failed?.refetch()} />
      ) : (
        <Suspense fallback={<Skeleton height={HEIGHT} />}>
          <Curves
            label={`Mean of ${score} over the first answers of each run`}
            x={drawn.x}
            curves={names.map((name, index) => ({ name, values: drawn.values[index] ?? [] }))}
            of="answers"
            height={HEIGHT}
          />
        </Suspense>
      )}
    </Section>
  );
}

/** Curves of different lengths, at all the places that any of them has. */
function overOneAxis(curves: readonly (Curve | undefined)[]) {
  const x = [...new Set(curves.flatMap((curve) => curve?.answers ?? []))].sort((one, two) => one - two);
  const values = curves.map((curve) => {
    const at = new Map(curve?.answers.map((n, index) => [n, curve.means[index] ?? null]));
    return x.map((n) => at.get(n) ?? null);
  });
  return { x, values };
}
