import { Button } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { percent } from "~/ui/figures";
import { Mark } from "~/ui/mark";
import { PlainText, Visible } from "~/ui/text/plain-text";
import type { Compared, Opinion, Verdict } from "./evaluated";
import styles from "./jobs.module.css";

interface OpinionsProps {
  readonly opinions: readonly (Opinion | Compared)[];
  /** The verdict whose passages are marked. */
  readonly marked: string | undefined;
}

/** What judges say: the whole first, then criterion by criterion, then what makes it worth a second look. */
export function Opinions({ opinions, marked }: OpinionsProps) {
  return opinions.map((opinion, index) => (
    <div key={index} className={styles.opinion}>
      <p className={styles.judge}>
        <strong>
          <Visible text={opinion.judge} />
        </strong>
        {"other" in opinion && (
          <span className="quiet">
            first <Visible text={opinion.model} />, second <Visible text={opinion.other} />
          </span>
        )}
      </p>
      {opinion.flags.length > 0 && (
        <ul className={styles.flags} aria-label="Worth a second look">
          {opinion.flags.map((flag, at) => (
            <li key={at}>
              <Visible text={flag} />
            </li>
          ))}
        </ul>
      )}
      <ul className={styles.verdicts}>
        {inOrder(opinion.verdicts).map((verdict) => (
          <Criterion key={verdict.id} verdict={verdict} marked={verdict.id === marked} />
        ))}
      </ul>
    </div>
  ));
}

/** What code found out about an answer. */
export function Checks({ checks }: { readonly checks: readonly Verdict[] }) {
  if (checks.length === 0) return null;
  return (
    <div className={styles.opinion}>
      <p className={styles.judge}>
        <strong>checked by code</strong>
      </p>
      <ul className={styles.verdicts}>
        {checks.map((verdict) => (
          <Criterion key={verdict.id} verdict={verdict} marked={false} />
        ))}
      </ul>
    </div>
  );
}

function Criterion({ verdict, marked }: { readonly verdict: Verdict; readonly marked: boolean }) {
  const navigate = useNavigate();
  const { criterion, confidence, passages, explanation, error } = verdict;
  const depth = Math.min(3, criterion.split("/").length - 1);
  return (
    <li data-depth={depth} data-marked={marked}>
      <div className={styles.verdict}>
        <span title={criterion}>{depth === 0 ? criterion : criterion.split("/").at(-1)}</span>
        <Mark of={verdict} />
        {confidence !== null && <span className="quiet">{percent(confidence, 0)} sure</span>}
        {passages.length > 0 && (
          <Button
            size="compact-xs"
            variant={marked ? "filled" : "default"}
            aria-pressed={marked}
            onClick={() =>
              void navigate({ to: ".", search: marked ? {} : { mark: verdict.id }, replace: true, resetScroll: false })
            }
          >
            {passages.length} {passages.length === 1 ? "passage" : "passages"}
          </Button>
        )}
      </div>
      {explanation !== "" && <PlainText text={explanation} prose />}
      {error !== null && (
        <div className={styles.wrong}>
          <PlainText text={error} prose />
        </div>
      )}
    </li>
  );
}

/** Criteria after what they are criteria of, as the rubric has them. */
function inOrder(verdicts: readonly Verdict[]): readonly Verdict[] {
  return verdicts.toSorted((one, two) => one.criterion.localeCompare(two.criterion));
}
