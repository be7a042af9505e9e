import { Link } from "@tanstack/react-router";
import type { RunRow } from "~/api/records";
import { Section } from "~/ui/page";
import { When } from "~/ui/when";
import styles from "./dashboard.module.css";

/** The newest runs that failed, and why. */
export function FailedRuns({ runs }: { readonly runs: readonly RunRow[] }) {
  return (
    <Section title="Failures" note={runs.length === 0 ? "none" : "newest first"}>
      {runs.length === 0 ? (
        <p className={styles.quiet}>No run has failed.</p>
      ) : (
        <ul className={styles.failures}>
          {runs.map((run) => (
            <li key={run.id}>
              <div>
                <Link to="/runs/$run" params={{ run: run.id }} className="link">
                  {run.model} <span className="quiet">on {run.task}</span>
                </Link>
                <When at={run.finished_at ?? run.created_at} />
              </div>
              <p>{run.error ?? "No reason was kept."}</p>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
