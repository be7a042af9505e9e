import { Fragment } from "react";
import type { SampleWhole } from "~/api/records";
import { Mark } from "~/ui/mark";
import { Section } from "~/ui/page";
import { When } from "~/ui/when";
import styles from "./samples.module.css";

/** Who said what when: nothing is ever overwritten. */
export function History({ whole }: { readonly whole: SampleWhole }) {
  return (
    <Section title="History" note="nothing is overwritten">
      <ol className={styles.history}>
        <li>
          <When at={whole.generation.created_at} />
          <span>
            {whole.run.model} {whole.generation.error === null ? "answered" : "failed"}
          </span>
        </li>
        {whole.scores.map(({ score, superseded_by }) => (
          <li key={score.id} data-superseded={superseded_by !== null}>
            <When at={score.created_at} />
            <span>
              {score.author_id !== score.verdict.name && `${score.author_id}: `}
              {score.verdict.name.split("/").map((part, index) => (
                <Fragment key={index}>
                  {index > 0 && "/"}
                  <wbr />
                  {part}
                </Fragment>
              ))}
            </span>
            <Mark of={score.verdict} />
          </li>
        ))}
      </ol>
    </Section>
  );
}
