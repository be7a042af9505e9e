import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { Metric, RunWhole } from "~/api/records";
import { Heat } from "~/ui/heat";
import { Figure } from "~/ui/figure";
import { Section } from "~/ui/page";
import { Empty } from "~/ui/states";
import styles from "./runs.module.css";

const route = getRouteApi("/app/runs/$run");

/** Every figure of the run, of the whole and of each slice; a cell leads to its samples. */
export function MetricsTab({ whole }: { readonly whole: RunWhole }) {
  const { run } = route.useParams();
  const navigate = useNavigate();
  const { metrics } = whole;
  const slices = [...new Set(metrics.map((metric) => metric.slice))].filter((slice) => slice !== "");
  const scored = metrics.filter((metric) => metric.score !== "");
  const kinds = [...new Set(scored.filter((metric) => !metric.name.startsWith("label.")).map(kindOf))];
  if (metrics.length === 0) return <Empty says="There is nothing to compute figures from yet." />;
  return (
    <div className={styles.tabs}>
      {slices.length > 0 && (
        <Section title="By slice" note="the higher the stronger; a cell leads to its samples">
          <Heat
            label="Figures by slice"
            corner="Slice"
            columns={kinds.map((kind) => ({ id: kind, head: kind }))}
            rows={["", ...slices].map((slice) => ({
              name: slice === "" ? "all" : slice,
              cells: kinds.map((kind) => scored.find((one) => kindOf(one) === kind && one.slice === slice) ?? null),
            }))}
            onPick={(slice, kind) =>
              void navigate({
                to: "/runs/$run",
                params: { run },
                search: { ...(slice !== "all" && { slice }), score: kind.split(" · ")[0] },
              })
            }
          />
        </Section>
      )}
      <Section title="All figures">
        <Figures metrics={metrics.filter((metric) => metric.slice === "").toSorted(ofScoresFirst)} />
      </Section>
    </div>
  );
}

function Figures({ metrics }: { readonly metrics: readonly Metric[] }) {
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">Of</th>
          <th scope="col">Figure</th>
          <th scope="col">Value, 95 % interval, samples</th>
        </tr>
      </thead>
      <tbody>
        {metrics.map((metric) => (
          <tr key={metric.id}>
            <td>{metric.score === "" ? <span className="quiet">the run</span> : metric.score}</td>
            <td>{metric.name.replace(/^label\./, "verdict: ").replaceAll("_", " ")}</td>
            <td>
              <Figure of={metric} bar />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function ofScoresFirst(one: Metric, two: Metric): number {
  return Number(one.score === "") - Number(two.score === "") || one.score.localeCompare(two.score);
}

function kindOf({ score, name }: Metric): string {
  return `${score} · ${name}`;
}
