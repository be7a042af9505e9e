import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ExperimentWhole, GateRow } from "~/api/records";
import { Section } from "~/ui/page";
import { Failure, Rows } from "~/ui/states";
import { Status } from "~/ui/status";
import { Visible } from "~/ui/text/plain-text";
import { gatesQuery } from "./queries";
import styles from "./experiments.module.css";

/** What became of the demands that the experiment makes on its own figures. */
export function Gates({ whole: { experiment } }: { readonly whole: ExperimentWhole }) {
  const demanded = experiment.spec.gates !== null;
  const gates = useQuery({ ...gatesQuery(experiment.id), enabled: demanded });
  if (!demanded) return null;
  if (gates.error !== null) return <Failure error={gates.error} onRetry={() => void gates.refetch()} />;
  return (
    <Section title="Gates" note="as the runs stand now; what cannot be told does not pass">
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keyboard */}
      <div className={styles.scroller} role="region" aria-label="Gates and what came of them" tabIndex={0}>
        <table className={styles.matrix}>
          <thead>
            <tr>
              <th scope="col">Outcome</th>
              <th scope="col">Gate</th>
              <th scope="col">Run</th>
              <th scope="col">Found</th>
            </tr>
          </thead>
          <tbody>
            {gates.data?.toSorted(worstFirst).map((row, index) => (
              <Row key={index} row={row} />
            ))}
          </tbody>
        </table>
        {gates.isPending && <Rows rows={3} />}
      </div>
    </Section>
  );
}

const WORST = ["failed", "error", "warned"];

function worstFirst(one: GateRow, two: GateRow): number {
  const rank = ({ outcome }: GateRow) => (WORST.indexOf(outcome) + WORST.length + 1) % (WORST.length + 1);
  return rank(one) - rank(two);
}

function Row({ row: { gate, outcome, run_id, model, task, said } }: { readonly row: GateRow }) {
  return (
    <tr>
      <td>
        <Status of={outcome === "error" ? "not told" : outcome} />
      </td>
      <td>
        <Visible text={gate} />
      </td>
      <th scope="row">
        {run_id !== "" && (
          <Link to="/runs/$run" params={{ run: run_id }} className="link">
            <Visible text={`${model} on ${task}`} />
          </Link>
        )}
      </th>
      <td className={styles.found}>
        <Visible text={said} />
      </td>
    </tr>
  );
}
