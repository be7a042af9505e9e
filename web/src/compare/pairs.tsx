import type { ReactNode } from "react";
import { Link } from "@tanstack/react-router";
import type { Comparison, Pair } from "~/api/records";
import { Change } from "~/ui/figure";
import { count, percent } from "~/ui/figures";
import { Section } from "~/ui/page";
import styles from "./compare.module.css";

const TESTS: Readonly<Record<string, string>> = {
  "mcnemar-exact": "exact McNemar test",
  mcnemar: "McNemar test",
  "paired-z": "paired z test",
  permutation: "permutation test",
  "e-value": "ended early: by e-value",
};

interface PairsProps {
  readonly comparison: Comparison;
  readonly picked: Pair;
  readonly onPick: (other: string) => void;
  readonly choice: ReactNode;
}

/** Each run against the base: the difference with its interval, and by which test it is more than chance. */
export function Pairs({ comparison, picked, onPick, choice }: PairsProps) {
  return (
    <Section
      title="Difference"
      note={`of ${comparison.score}, in points, with 95 % intervals, sample by sample`}
      actions={choice}
    >
      <ul className={styles.pairs}>
        {comparison.pairs.map((pair) => (
          <li key={pair.other.id} data-picked={pair === picked}>
            <span className={styles.models}>
              <Link to="/runs/$run" params={{ run: pair.base.id }} className="link">
                {pair.base.model}
              </Link>{" "}
              <span className="quiet">{percent(pair.whole.base)} →</span>{" "}
              <Link to="/runs/$run" params={{ run: pair.other.id }} className="link">
                {pair.other.model}
              </Link>{" "}
              <span className="quiet">{percent(pair.whole.other)}</span>
            </span>
            <Change
              value={pair.whole.difference}
              low={pair.whole.low}
              high={pair.whole.high}
              n={pair.whole.n}
              p={pair.whole.p}
              smaller={comparison.smaller_is_better}
            />
            <span className="quiet">
              {pair.whole.test !== null && (TESTS[pair.whole.test] ?? pair.whole.test)}
              {leftOut(pair)}
            </span>
            {comparison.pairs.length > 1 && (
              <button
                type="button"
                className={styles.pick}
                aria-pressed={pair === picked}
                onClick={() => onPick(pair.other.id)}
              >
                {pair === picked ? "shown below" : "show below"}
              </button>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}

const REASONS: Readonly<Record<string, string>> = {
  no_value: "without a verdict",
  only_base: "only in the base",
  only_other: "only in the other",
};

function leftOut({ excluded }: Pair): string {
  const told = Object.entries(excluded)
    .filter(([, n]) => n > 0)
    .map(([reason, n]) => `${count(n)} ${REASONS[reason] ?? reason}`);
  return told.length === 0 ? "" : ` · left out: ${told.join(", ")}`;
}
