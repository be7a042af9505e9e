import { Link } from "@tanstack/react-router";
import type { ExperimentRow } from "~/api/records";
import { count, money } from "~/ui/figures";
import { Section } from "~/ui/page";
import { Status } from "~/ui/status";
import { When } from "~/ui/when";
import styles from "./dashboard.module.css";

/** The newest experiments, how their runs ended, and what they cost. */
export function NewestExperiments({ experiments }: { readonly experiments: readonly ExperimentRow[] }) {
  return (
    <Section
      title="Newest experiments"
      actions={
        <Link to="/experiments" className="link">
          All
        </Link>
      }
    >
      <ul className={styles.list}>
        {experiments.map((one) => (
          <li key={one.id}>
            <Link to="/experiments/$experiment" params={{ experiment: one.id }} className="link clip">
              {one.name}
            </Link>
            <span className={styles.statuses}>
              {Object.entries(one.statuses).map(([status, runs]) => (
                <span key={status}>
                  {runs > 1 && <span className="quiet">{runs} × </span>}
                  <Status of={status} />
                </span>
              ))}
            </span>
            <span className={styles.figures}>
              {one.failed > 0 && <span className={styles.failed}>{count(one.failed)} failed · </span>}
              {count(one.done)} / {count(one.total)}
            </span>
            <span className={styles.figures}>{money(one.cost)}</span>
            <span className={styles.figures}>
              <When at={one.created_at} />
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
