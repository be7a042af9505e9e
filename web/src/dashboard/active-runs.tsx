import { Link } from "@tanstack/react-router";
import type { ActiveRun } from "~/api/records";
import { count, decimal, money, seconds } from "~/ui/figures";
import { Section } from "~/ui/page";
import { Progress, RunStatus } from "~/ui/status";
import styles from "./dashboard.module.css";

/** Runs that are under way or wait, with how fast they go and how long they will. */
export function ActiveRuns({ active }: { readonly active: readonly ActiveRun[] }) {
  return (
    <Section title="Active runs" note={active.length === 0 ? "none" : count(active.length)}>
      {active.length === 0 ? (
        <p className={styles.quiet}>Nothing is under way.</p>
      ) : (
        <ul className={styles.active}>
          {active.map(({ run, rate, seconds_left }) => (
            <li key={run.id}>
              <RunStatus of={run} />
              <Link to="/runs/$run" params={{ run: run.id }} className={`link clip ${styles.name ?? ""}`}>
                {run.model} <span className="quiet">on {run.task}</span>
              </Link>
              <Progress
                done={run.done + run.failed}
                failed={run.failed}
                total={run.total}
                label={`Progress of ${run.model}`}
              />
              <span className={styles.figures}>
                {count(run.done + run.failed)} / {count(run.total)}
                {rate !== null && ` · ${decimal(rate)}/s`}
                {seconds_left !== null && ` · ${seconds(seconds_left)} left`}
                {run.cost !== null && ` · ${money(run.cost)}`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
