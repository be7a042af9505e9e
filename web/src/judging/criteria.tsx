import type { Criterion, Item, JudgingWhole } from "~/api/records";
import { count, decimal, percent } from "~/ui/figures";
import { Section } from "~/ui/page";
import styles from "./judging.module.css";

interface CriteriaProps {
  readonly whole: JudgingWhole;
  readonly picked: string | undefined;
  readonly onPick: (criterion: string) => void;
}

/** What the judge answered to each criterion; a row narrows the agreement below. */
export function Criteria({ whole, picked, onPick }: CriteriaProps) {
  const criteria = inOrder(whole);
  return (
    <Section title="Criteria" note="a criterion narrows the agreement below">
      <ul className={styles.criteria}>
        {criteria.map((criterion) => (
          <li key={criterion.name} data-depth={depthOf(criterion)}>
            <button
              type="button"
              aria-pressed={picked === criterion.name}
              className={styles.criterion}
              title={criterion.question}
              onClick={() => onPick(criterion.name)}
            >
              <span className={styles.name} style={{ paddingLeft: depthOf(criterion) * 16 }}>
                {criterion.title === "" ? criterion.name : criterion.title}
              </span>
              <Answers criterion={criterion} />
              <span className={styles.figures}>
                mean {decimal(criterion.mean)} <span className="quiet">(n {count(criterion.n)})</span>
              </span>
              {criterion.unreadable > 0 && (
                <span className={styles.figures} data-side="bad">
                  {count(criterion.unreadable)} without a verdict
                </span>
              )}
            </button>
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** The shares of the answers, as one bar with its legend. */
function Answers({ criterion: { labels, n } }: { readonly criterion: Criterion }) {
  const total = Math.max(1, n);
  return (
    <span className={styles.answers}>
      <span className={styles.bar} aria-hidden>
        {Object.entries(labels).map(([label, times], index) => (
          <span key={label} data-shade={index % 5} style={{ width: `${(times / total) * 100}%` }} />
        ))}
      </span>
      <span className={styles.legend}>
        {Object.entries(labels).map(([label, times], index) => (
          <span key={label}>
            <i data-shade={index % 5} aria-hidden /> {label.replaceAll("_", " ")} {percent(times / total, 0)}
          </span>
        ))}
      </span>
    </span>
  );
}

/** The whole, then its criteria as the rubric has them, then what is said about the judging itself. */
function inOrder({ criteria, rubric }: JudgingWhole): readonly Criterion[] {
  const paths = rubric === null ? [] : pathsOf(rubric.items, "");
  const place = ({ path, name }: Criterion) =>
    path !== "" ? paths.indexOf(path) : name === rubric?.name ? -1 : paths.length;
  return criteria.toSorted((one, two) => place(one) - place(two));
}

function pathsOf(items: readonly Item[], above: string): string[] {
  return items.flatMap((item) => {
    const path = above === "" ? item.name : `${above}/${item.name}`;
    return [path, ...pathsOf(item.parts, path)];
  });
}

function depthOf({ path }: Criterion): number {
  return path === "" ? 0 : path.split("/").length;
}
