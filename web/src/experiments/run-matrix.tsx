import type { ReactNode } from "react";
import { Link } from "@tanstack/react-router";
import type { ExperimentWhole, Metric, RunLine } from "~/api/records";
import { BaselineMark } from "~/ui/baselines";
import { Figure } from "~/ui/figure";
import { count, money, seconds } from "~/ui/figures";
import { Section } from "~/ui/page";
import { Empty } from "~/ui/states";
import { Progress, RunStatus } from "~/ui/status";
import styles from "./experiments.module.css";

const LABEL = "label.";

interface RunMatrixProps {
  readonly whole: ExperimentWhole;
  readonly score: string | undefined;
  readonly choice: ReactNode;
}

/** Every run with its figures, each with its interval. */
export function RunMatrix({ whole: { runs, metrics }, score, choice }: RunMatrixProps) {
  const about = metrics.filter((one) => one.slice === "" && one.score === score);
  const names = [...new Set(about.map((one) => one.name))].filter((name) => !name.startsWith(LABEL));
  const labelled = about.some((one) => one.name.startsWith(LABEL));
  if (runs.length === 0) return <Empty says="This experiment has no runs." />;
  return (
    <Section title="Runs" note={score === undefined ? undefined : `figures of ${score}`} actions={choice}>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keyboard */}
      <div className={styles.scroller} role="region" aria-label="Runs and their figures" tabIndex={0}>
        <table className={styles.matrix}>
          <thead>
            <tr>
              <th scope="col">Run</th>
              <th scope="col">Status</th>
              {names.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
              {labelled && <th scope="col">Verdicts</th>}
              {["Answers", "Latency p50", "Cost"].map((name) => (
                <th key={name} scope="col" className={styles.number}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {runs.map((run) => (
              <RunLine
                key={run.id}
                run={run}
                metrics={metrics.filter((one) => one.run_id === run.id)}
                names={names}
                score={score}
                labelled={labelled}
              />
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

interface RunLineProps {
  readonly run: RunLine;
  readonly metrics: readonly Metric[];
  readonly names: readonly string[];
  readonly score: string | undefined;
  readonly labelled: boolean;
}

function RunLine({ run, metrics, names, score, labelled }: RunLineProps) {
  const of = (name: string, about: string) =>
    metrics.find((one) => one.slice === "" && one.score === about && one.name === name);
  return (
    <tr>
      <th scope="row">
        <Link to="/runs/$run" params={{ run: run.id }} className="link">
          {run.model}
        </Link>{" "}
        <span className="quiet">{run.rubric === null ? `on ${run.task}` : `by ${run.rubric} on ${run.task}`}</span>{" "}
        <BaselineMark run={run.id} />
      </th>
      <td>
        <RunStatus of={run} />
        {run.status === "running" && (
          <Progress
            done={run.done + run.failed}
            failed={run.failed}
            total={run.total}
            label={`Progress of ${run.model}`}
          />
        )}
      </td>
      {names.map((name, index) => {
        const metric = of(name, score ?? "") ?? (index === 0 ? ownFigure(metrics) : undefined);
        return (
          <td key={name}>
            {metric === undefined ? "–" : <Figure of={metric} bar={index === 0 && metric.score === score} />}
            {metric !== undefined && metric.score !== score && (
              <span className="quiet">
                {" "}
                {metric.name} of {metric.score}
              </span>
            )}
          </td>
        );
      })}
      {labelled && <td className={styles.verdicts}>{verdicts(metrics, score)}</td>}
      <td className={styles.number}>
        {count(run.done)} / {count(run.total)}
        {run.failed > 0 && <span className={styles.failed}> · {count(run.failed)} failed</span>}
      </td>
      <td className={styles.number}>{seconds(of("latency_p50", "")?.value)}</td>
      <td className={styles.number}>{money(run.cost)}</td>
    </tr>
  );
}

/** `62 passed, 8 failed`. */
function verdicts(metrics: readonly Metric[], score: string | undefined): string {
  return metrics
    .filter((one) => one.slice === "" && one.score === score && one.name.startsWith(LABEL))
    .toSorted((one, two) => (two.value ?? 0) - (one.value ?? 0))
    .map((one) => `${count(one.value)} ${one.name.slice(LABEL.length).replaceAll("_", " ")}`)
    .join(", ");
}

/** What is said first of a run that has no such score: the whole of its own, and of runs of one task the same. */
export function ownFigure(metrics: readonly Metric[]): Metric | undefined {
  return metrics
    .filter((one) => one.slice === "" && !/^$|\//.test(one.score) && !one.name.startsWith(LABEL))
    .toSorted((one, two) => one.score.localeCompare(two.score) || one.name.localeCompare(two.name))[0];
}
