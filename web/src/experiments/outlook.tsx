import type { UseQueryResult } from "@tanstack/react-query";
import type { CheckAnswer } from "~/api/records";
import { count } from "~/ui/figures";
import { Section } from "~/ui/page";
import { Failure, Rows } from "~/ui/states";
import styles from "./experiments.module.css";

/** What the config comes to: what is wrong with it, or what it would ask and cost. */
export function Outlook({ check, fresh }: { readonly check: UseQueryResult<CheckAnswer>; readonly fresh: boolean }) {
  return (
    <div className={styles.outlook} data-stale={!fresh} aria-live="polite">
      {check.error !== null ? (
        <Failure error={check.error} onRetry={() => void check.refetch()} />
      ) : check.data === undefined ? (
        <Rows rows={4} />
      ) : check.data.error !== null ? (
        <Section title="Not yet">
          <div className={styles.problem}>
            {check.data.error.line !== null && `Line ${check.data.error.line}: `}
            {check.data.error.message}
          </div>
        </Section>
      ) : (
        <Section title="Plan" note={`${count(check.data.plan.length)} runs`}>
          <table className={styles.plan}>
            <thead>
              <tr>
                <th scope="col">Model</th>
                <th scope="col">Task</th>
                <th scope="col">Samples</th>
              </tr>
            </thead>
            <tbody>
              {check.data.plan.map((planned, index) => (
                <tr key={index}>
                  <td>{planned.model}</td>
                  <td>{planned.task}</td>
                  <td>{count(planned.samples)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Section>
      )}
    </div>
  );
}
