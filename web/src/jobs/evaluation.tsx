import { Link } from "@tanstack/react-router";
import type { Job } from "~/api/records";
import { Section } from "~/ui/page";
import { AnswerText, viewFor } from "~/ui/text/answer-text";
import { PlainText, Visible } from "~/ui/text/plain-text";
import { askedOf } from "./asked";
import { passagesIn } from "./evaluated";
import type { Evaluated } from "./evaluated";
import { Checks, Opinions } from "./opinions";
import styles from "./jobs.module.css";

interface EvaluationProps {
  readonly job: Job;
  readonly whole: Evaluated;
  readonly marked: string | undefined;
}

/** Answers that were sent to be judged: what was asked, each answer, and what each judge says of it. */
export function Evaluation({ job, whole, marked }: EvaluationProps) {
  const { prompt, ideal_response, final_answer, rubric } = askedOf(job);
  const known = [
    ["Ideal response", ideal_response],
    ["Correct answer", final_answer],
  ] as const;
  return (
    <>
      <Section title="Prompt" note={rubric === null ? undefined : `by the rubric ${rubric.name}`}>
        <div className={styles.text}>
          <AnswerText text={prompt} view={viewFor(prompt) === "rendered" ? "rendered" : "text"} />
        </div>
        {known.map(
          ([name, text]) =>
            text !== "" && (
              <details key={name} className={styles.known}>
                <summary>{name}</summary>
                <AnswerText text={text} view={viewFor(text) === "rendered" ? "rendered" : "text"} />
              </details>
            ),
        )}
      </Section>
      {whole.failures.map(({ judge, error }, index) => (
        <div key={index} role="alert" className={styles.error}>
          <strong>
            <Visible text={judge} /> has not answered.
          </strong>
          <PlainText text={error} prose />
        </div>
      ))}
      {whole.comparisons.length > 0 && (
        <Section title="Compared">
          <Opinions opinions={whole.comparisons} marked={marked} />
        </Section>
      )}
      <div className={styles.responses}>
        {whole.responses.map((one) => (
          <Section
            key={one.run}
            title={one.model}
            actions={
              <Link
                to="/runs/$run/samples/$position/$epoch"
                params={{ run: one.run, position: "0", epoch: "1" }}
                className="link"
              >
                in full
              </Link>
            }
          >
            <article className={styles.text} aria-label={`Answer of ${one.model}`}>
              <AnswerText text={one.text} view={viewFor(one.text)} marks={passagesIn(whole, one.model, marked)} />
            </article>
            <Checks checks={one.checks} />
            <Opinions opinions={one.opinions} marked={marked} />
          </Section>
        ))}
      </div>
      {whole.runs.length > 0 && (
        <p className="quiet">
          Kept as{" "}
          {whole.runs.map((run, index) => (
            <span key={run}>
              {index > 0 && ", "}
              <Link to="/judging/$run" params={{ run }} className="link">
                {run}
              </Link>
            </span>
          ))}
        </p>
      )}
    </>
  );
}
