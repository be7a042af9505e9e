import type { Pair } from "~/api/records";
import { count } from "~/ui/figures";
import { Section } from "~/ui/page";
import type { Outcome } from "./search";
import styles from "./compare.module.css";

interface FlipTableProps {
  readonly pair: Pair;
  readonly only: Outcome | undefined;
  readonly slice: string | undefined;
  readonly onPick: (outcome: Outcome) => void;
}

/** Who got which samples right: two by two; a cell narrows the table below. */
export function FlipTable({ pair, only, slice, onPick }: FlipTableProps) {
  const flips = pair.slices.find((one) => one.slice === slice)?.flips ?? pair.flips;
  const cell = (outcome: Outcome, says: string, key: string) => (
    <td>
      <button
        type="button"
        className={styles.flip}
        data-outcome={outcome}
        aria-pressed={only === outcome}
        onClick={() => onPick(outcome)}
      >
        <strong>{count(flips[outcome])}</strong>
        <span>{says}</span>
        <kbd aria-hidden>{key}</kbd>
      </button>
    </td>
  );
  return (
    <Section title="Flips" note={slice === undefined ? "a cell narrows the table below" : `in ${slice}`}>
      <table className={styles.flips}>
        <thead>
          <tr>
            <th scope="col" aria-label="Base" />
            <th scope="col">{pair.other.model} right</th>
            <th scope="col">{pair.other.model} wrong</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">{pair.base.model} right</th>
            {cell("both_right", "both right", "4")}
            {cell("regressed", "regressed", "1")}
          </tr>
          <tr>
            <th scope="row">{pair.base.model} wrong</th>
            {cell("fixed", "fixed", "2")}
            {cell("both_wrong", "both wrong", "3")}
          </tr>
        </tbody>
      </table>
    </Section>
  );
}
