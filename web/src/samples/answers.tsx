import { Checkbox, Select } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Beside, Generation, RunRow, SampleWhole, Score } from "~/api/records";
import { count, money, seconds } from "~/ui/figures";
import { Mark } from "~/ui/mark";
import { Section } from "~/ui/page";
import { AnswerText } from "~/ui/text/answer-text";
import type { View } from "~/ui/text/answer-text";
import { Difference } from "~/ui/text/difference";
import { PlainText } from "~/ui/text/plain-text";
import type { Mark as Passage } from "~/ui/text/segments";
import { Draws } from "./draws";
import { passagesOf } from "./passages";
import type { SampleSearch } from "./search";
import styles from "./samples.module.css";

interface AnswersProps {
  readonly whole: SampleWhole;
  readonly beside: readonly Beside[];
  readonly view: View;
  readonly search: SampleSearch;
  readonly onChange: (change: SampleSearch) => void;
}

/** The answer, those of other runs beside it, or what differs between two of them. */
export function Answers({ whole, beside, view, search, onChange }: AnswersProps) {
  const { neighbours } = whole;
  const held = neighbours.find((one) => one.run.id === search.diff);
  const passages = passagesOf(whole, search.mark);
  return (
    <Section
      bare
      title={beside.length > 0 ? "Answers" : "Answer"}
      actions={neighbours.length > 0 && <Choice {...{ run: whole.run, neighbours, beside, search, onChange }} />}
    >
      {held !== undefined ? (
        <div className={styles.difference}>
          <p className="quiet">
            From {held.run.model} to {whole.run.model}
          </p>
          <Difference
            before={shownText(held.generation, view)}
            after={shownText(whole.generation, view)}
            code={view === "code"}
          />
        </div>
      ) : (
        <div className={styles.answers} style={{ "--columns": beside.length + 1 } as React.CSSProperties}>
          <Answer
            run={whole.run}
            generation={whole.generation}
            scores={whole.scores.filter((said) => said.superseded_by === null).map((said) => said.score)}
            view={view}
            passages={passages.first}
          />
          {beside.map((one) => (
            <Answer
              key={one.run.id}
              run={one.run}
              beside={whole.run}
              generation={one.generation}
              scores={one.scores}
              view={view}
              passages={passages.secondId === one.generation.id ? passages.second : []}
            />
          ))}
        </div>
      )}
    </Section>
  );
}

type ChoiceProps = Pick<AnswersProps, "beside" | "search" | "onChange"> & Pick<SampleWhole, "run" | "neighbours">;

function Choice({ run, neighbours, beside, search, onChange }: ChoiceProps) {
  const shown = beside.map((one) => one.run.id);
  const toggle = (id: string) => {
    const next = shown.includes(id) ? shown.filter((one) => one !== id) : [...shown, id];
    onChange({ with: next.length > 0 ? next.join(",") : "none" });
  };
  return (
    <div className={styles.choice}>
      {neighbours.map((one) => (
        <Checkbox
          key={one.run.id}
          size="xs"
          label={nameOf(one.run, run)}
          checked={shown.includes(one.run.id)}
          onChange={() => toggle(one.run.id)}
        />
      ))}
      <Select
        aria-label="Difference"
        placeholder="Difference (d)"
        clearable
        w={180}
        data={neighbours.map((one) => ({ value: one.run.id, label: `from ${nameOf(one.run, run)}` }))}
        value={search.diff ?? null}
        onChange={(diff) => onChange({ diff: diff ?? undefined })}
      />
    </div>
  );
}

interface AnswerProps {
  readonly run: RunRow;
  /** The run whose answers it is beside. */
  readonly beside?: RunRow;
  readonly generation: Generation;
  readonly scores: readonly Score[];
  readonly view: View;
  readonly passages: readonly Passage[];
}

function Answer({ run, beside = run, generation, scores, view, passages }: AnswerProps) {
  const { output, error } = generation;
  return (
    <article className={styles.answer} aria-label={`Answer of ${run.model}`}>
      <header>
        <Link to="/runs/$run" params={{ run: run.id }} className="link">
          {nameOf(run, beside)}
        </Link>
        {scores
          .filter((score) => score.author === "code" && score.run_id === run.id)
          .map((score) => (
            <Mark key={score.id} of={score.verdict} />
          ))}
      </header>
      <div className={styles.text}>
        {error !== null && (
          <div className={styles.error}>
            <PlainText text={error} prose />
          </div>
        )}
        {output !== null && (
          <>
            {output.reasoning !== "" && (
              <details className={styles.reasoning}>
                <summary>Reasoning ({count(output.reasoning.length)} characters)</summary>
                <AnswerText text={output.reasoning} view={view === "code" ? "text" : view} />
              </details>
            )}
            <AnswerText
              text={passages.length > 0 ? output.text : shownText(generation, view)}
              view={view}
              marks={passages}
            />
            <Draws output={output} view={view} />
          </>
        )}
      </div>
      {output !== null && (
        <footer>
          {output.stop_reason === "length" && <strong>cut off · </strong>}
          {count(output.usage.input_tokens)} + {count(output.usage.output_tokens)} tokens
          {" · "}
          {output.cached ? "from the cache" : seconds(output.latency)}
          {generation.cost !== null && ` · ${money(generation.cost)}`}
          {output.answer_rule !== null && output.draws.length === 0 && ` · answer taken: ${output.answer_rule}`}
        </footer>
      )}
    </article>
  );
}

/** As code, the program that was taken from the answer. */
function shownText({ output }: Generation, view: View): string {
  return view === "code" ? (output?.answer ?? output?.text ?? "") : (output?.text ?? "");
}

/** Of another experiment, with its name: there may be runs of that model in many. */
function nameOf(run: RunRow, beside: RunRow): string {
  const name = run.rubric === null ? run.model : `${run.model} (${run.rubric})`;
  return run.experiment_id === beside.experiment_id ? name : `${name} · ${run.experiment}`;
}
