import { useNavigate } from "@tanstack/react-router";
import type { ExperimentWhole } from "~/api/records";
import { Heat } from "~/ui/heat";
import { Section } from "~/ui/page";

/** The first figure of the score in every slice of every run; a cell leads to its samples. */
export function SliceHeat({
  whole: { runs, metrics },
  score,
}: {
  readonly whole: ExperimentWhole;
  readonly score: string | undefined;
}) {
  const navigate = useNavigate();
  const sliced = metrics.filter((metric) => metric.slice !== "" && metric.score === score);
  const name = sliced[0]?.name;
  const slices = [...new Set(sliced.map((metric) => metric.slice))];
  const shown = runs.filter((run) => sliced.some((metric) => metric.run_id === run.id));
  if (name === undefined) return null;
  return (
    <Section title="By slice" note={`${name} of ${score ?? ""}; a cell leads to its samples`}>
      <Heat
        label="Figures by slice and run"
        corner="Slice"
        columns={shown.map((run) => ({ id: run.id, head: run.model }))}
        rows={slices.map((slice) => ({
          name: slice,
          cells: shown.map(
            (run) => sliced.find((one) => one.run_id === run.id && one.slice === slice && one.name === name) ?? null,
          ),
        }))}
        onPick={(slice, run) => void navigate({ to: "/runs/$run", params: { run }, search: { slice } })}
      />
    </Section>
  );
}
