import { lazy, Suspense } from "react";
import { Link } from "@tanstack/react-router";
import type { Metric, RunWhole } from "~/api/records";
import { Figure } from "~/ui/figure";
import { count, decimal, money, seconds } from "~/ui/figures";
import { Facts } from "~/ui/page";
import { Progress } from "~/ui/status";
import { When } from "~/ui/when";
import type { Pace } from "./live";
import styles from "./runs.module.css";

const Curves = lazy(() => import("~/ui/curves"));

/** What one wants to know of a run first: its figures, how far it is, what it cost. */
export function RunHead({ whole, pace }: { readonly whole: RunWhole; readonly pace: Pace }) {
  const { row, metrics } = whole;
  const wholes = metrics.filter((metric) => metric.slice === "" && metric.score !== "" && metric.name !== "count");
  const shown = wholes.filter((metric) => isFirst(metric, wholes)).slice(0, 6);
  return (
    <div className={styles.head}>
      {row.status !== "completed" && (
        <div className={styles.progress}>
          <Progress done={row.done + row.failed} failed={row.failed} total={row.total} label="Progress" />
          <span className="figures quiet">
            {count(row.done + row.failed)} of {count(row.total)}
            {whole.rate !== null && ` · ${decimal(whole.rate)} samples/s`}
            {whole.seconds_left !== null && ` · ${seconds(whole.seconds_left)} left`}
          </span>
        </div>
      )}
      {row.error !== null && (
        <p role="alert" className={styles.error}>
          {row.error}
        </p>
      )}
      {shown.length > 0 && (
        <div className={styles.metrics}>
          {shown.map((metric) => (
            <div key={metric.id}>
              <span className="quiet">
                {metric.score} · {metric.name}
              </span>
              <Figure of={metric} bar />
            </div>
          ))}
        </div>
      )}
      {pace.times.length > 2 && (
        <Suspense>
          <Curves
            label="Samples a second, lately"
            x={pace.times}
            curves={[{ name: "samples/s", values: pace.rates }]}
            time
            height={120}
          />
        </Suspense>
      )}
      <Facts facts={factsOf(whole)} />
    </div>
  );
}

/** The figure that a score is known by; those of criteria are in the table of all figures. */
function isFirst({ score, name }: Metric, all: readonly Metric[]): boolean {
  if (score.includes("/")) return false;
  // They are the same; the other one says of how many tries it is.
  if (name === "pass_rate") return !all.some((one) => one.score === score && one.name === "pass@1");
  return /accuracy|mean|pass@1$/.test(name);
}

function factsOf({ run, row, dataset, reads, judges }: RunWhole) {
  return [
    ["Model", run.spec.model.model],
    [
      "Data set",
      <Link key="dataset" to="/data/datasets/$dataset" params={{ dataset: dataset.id }} className="link">
        {dataset.name}{" "}
        <span className="quiet">
          ({count(dataset.size)} samples, {dataset.version.slice(0, 8)})
        </span>
      </Link>,
    ],
    ["Answers", `${count(row.done)} of ${count(row.total)}${row.failed > 0 ? `, ${count(row.failed)} failed` : ""}`],
    ["Cost", money(row.cost)],
    ["Begun", <When key="begun" at={row.started_at} />],
    ["Attempts", count(row.attempt)],
    ...(reads.length > 0 ? [["Judges the answers of", <RunLinks key="reads" runs={reads} />] as const] : []),
    ...(judges.length > 0 ? [["Judged by", <RunLinks key="judges" runs={judges} />] as const] : []),
    ["Id", <code key="id">{run.id}</code>],
  ] as const;
}

function RunLinks({ runs }: { readonly runs: RunWhole["reads"] }) {
  return runs.map((run) => (
    <Link key={run.id} to="/runs/$run" params={{ run: run.id }} className={`link ${styles.run}`}>
      {run.model}
      {run.rubric !== null && ` (${run.rubric})`}
    </Link>
  ));
}
