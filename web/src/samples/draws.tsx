import { Check } from "lucide-react";
import { useState } from "react";
import type { Generation } from "~/api/records";
import { count, decimal, percent } from "~/ui/figures";
import { AnswerText } from "~/ui/text/answer-text";
import type { View } from "~/ui/text/answer-text";
import { Visible } from "~/ui/text/plain-text";
import styles from "./samples.module.css";

type Output = NonNullable<Generation["output"]>;

interface DrawsProps {
  readonly output: Output;
  readonly view: View;
}

/** The answers that a solver drew before it took one: what each comes to, and what it was chosen by. */
export function Draws({ output: { draws, answer_rule }, view }: DrawsProps) {
  if (draws.length === 0) return null;
  const votes = answer_rule?.startsWith("majority") === true;
  return (
    <details className={styles.part}>
      <summary>
        Draws ({count(draws.length)})
        {answer_rule !== null && (
          <>
            {": "}
            <Visible text={answer_rule} />
          </>
        )}
      </summary>
      <ol className={styles.draws}>
        {draws.map((draw, index) => (
          <Drawn key={index} draw={draw} votes={votes} view={view} />
        ))}
      </ol>
    </details>
  );
}

const LINE = 200;

interface DrawnProps extends Pick<DrawsProps, "view"> {
  readonly draw: Output["draws"][number];
  readonly votes: boolean;
}

/** One draw; its text is drawn once it is asked for. */
function Drawn({ draw: { text, answer, worth, chosen }, votes, view }: DrawnProps) {
  const [open, setOpen] = useState(false);
  return (
    <li data-chosen={chosen}>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <span className="clip">
            {answer === null ? <span className="quiet">no answer</span> : <Visible text={answer.slice(0, LINE)} />}
          </span>
          {chosen && (
            <span className={styles.taken}>
              <Check size={12} aria-hidden /> taken
            </span>
          )}
          {worth !== null && (
            <span className="quiet figures">{votes ? `${percent(worth, 0)} of draws` : decimal(worth)}</span>
          )}
        </summary>
        {open && <AnswerText text={text} view={view} />}
      </details>
    </li>
  );
}
