import { Link } from "@tanstack/react-router";
import type { RunWhole } from "~/api/records";
import { count } from "~/ui/figures";
import { Section } from "~/ui/page";
import { Empty } from "~/ui/states";
import { PlainText } from "~/ui/text/plain-text";
import styles from "./runs.module.css";

/** What went wrong, by its kind, each with a sample where it is seen. */
export function FailuresTab({ whole }: { readonly whole: RunWhole }) {
  const { run, failures, warnings } = whole;
  return (
    <div className={styles.tabs}>
      <Section title="Samples without an answer" note="by reason, the most frequent first">
        {failures.length === 0 ? (
          <Empty says="Every sample has its answer, as far as they were asked." />
        ) : (
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">Samples</th>
                <th scope="col">Reason</th>
                <th scope="col">For example</th>
              </tr>
            </thead>
            <tbody>
              {failures.map((failure) => (
                <tr key={failure.error}>
                  <td>{count(failure.n)}</td>
                  <td>
                    <PlainText text={failure.error} prose />
                  </td>
                  <td>
                    <Link
                      to="/runs/$run/samples/$position/$epoch"
                      params={{ run: run.id, position: String(failure.position), epoch: String(failure.epoch) }}
                      className="link"
                    >
                      Sample {failure.position + 1}
                    </Link>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Section>
      {warnings.length > 0 && (
        <Section title="Warnings">
          <ul className={styles.warnings}>
            {warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </Section>
      )}
    </div>
  );
}
