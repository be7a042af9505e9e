import type { UseQueryResult } from "@tanstack/react-query";
import type { Checked } from "~/api/records";
import { count, money } from "~/ui/figures";
import { Facts, Section } from "~/ui/page";
import { Failure, Rows } from "~/ui/states";
import styles from "./experiments.module.css";

interface Total {
  readonly requests: number;
  readonly known: number;
  readonly cost: number | null;
  readonly most_cost: number | null;
}

/** What the config comes to: what is wrong with it, or what it would ask and cost. */
export function Outlook({ check, fresh }: { readonly check: UseQueryResult<Checked>; readonly fresh: boolean }) {
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
        <Planned checked={check.data} />
      )}
    </div>
  );
}

function Planned({ checked }: { readonly checked: Checked }) {
  const total = checked.forecast?.["total"] as Total | undefined;
  return (
    <>
      <Section title="Plan" note={`${count(checked.plan.length)} ${checked.plan.length === 1 ? "run" : "runs"}`}>
        <table className={styles.plan}>
          <thead>
            <tr>
              <th scope="col">Model</th>
              <th scope="col">Task</th>
              <th scope="col">Samples</th>
            </tr>
          </thead>
          <tbody>
            {checked.plan.map((planned, index) => (
              <tr key={index}>
                <td>{planned.model}</td>
                <td>{planned.rubric === null ? planned.task : `${planned.task}, judged by ${planned.rubric}`}</td>
                <td>{count(planned.samples)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Section>
      {total !== undefined && (
        <Section title="Forecast" note="nothing has been asked yet">
          <Facts
            facts={[
              ["Requests", `${count(total.requests)}, ${count(total.known)} of them answered by the cache`],
              ["Cost expected", total.cost === null ? "not known" : money(total.cost)],
              ["Cost at most", total.most_cost === null ? "no price is known" : money(total.most_cost)],
            ]}
          />
        </Section>
      )}
    </>
  );
}
