import { ActionIcon, Button, Checkbox, NumberInput, Select, TagsInput, Textarea, TextInput } from "@mantine/core";
import type { TextareaProps } from "@mantine/core";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { ApiError } from "~/api/errors";
import type { Evaluation, RubricFacts } from "~/api/records";
import { Section } from "~/ui/page";
import { Failure } from "~/ui/states";
import { useKeys } from "~/ui/use-keys";
import { bodyFor, judgeOf, nameOf } from "./asked";
import type { Asked } from "./asked";
import styles from "./jobs.module.css";

const MOST = 8;
const LONG = 20_000;
const CHECK = "math-answer";

interface JudgeFormProps {
  readonly beginning: Asked;
  readonly choices: { readonly judges: readonly string[]; readonly rubrics: readonly RubricFacts[] };
  readonly sending: boolean;
  readonly problem: Error | null;
  readonly onSend: (asked: Evaluation) => void;
}

/** What was asked, what was answered, and who is to judge it by what. */
export function JudgeForm({ beginning, choices, sending, problem, onSend }: JudgeFormProps) {
  const [asked, setAsked] = useState(beginning);
  const set = (change: Partial<Asked>) => setAsked({ ...asked, ...change });
  const { responses, rubric } = asked;
  const rubrics = choices.rubrics.map((facts) => facts.rubric);
  const known = rubric === null || rubrics.some(({ name }) => name === rubric.name) ? rubrics : [rubric, ...rubrics];
  const body = bodyFor(asked);
  const lacks = missing(asked);
  const send = () => {
    if (body !== null && lacks === null && !sending) onSend(body);
  };
  const wrong = (...path: readonly (string | number)[]) => (isAt(problem, path) ? problem?.message : undefined);
  useKeys({ send });
  return (
    <div className={styles.form}>
      <Section title="What was asked">
        <div className={styles.fields}>
          <LongText
            className={styles.wide}
            label="Prompt"
            required
            minRows={3}
            maxRows={16}
            error={wrong("prompt")}
            value={asked.prompt}
            onChange={(event) => set({ prompt: event.currentTarget.value })}
          />
          <LongText
            label="Ideal response"
            description="if there is one, the judge sees it"
            minRows={2}
            maxRows={12}
            error={wrong("ideal_response")}
            value={asked.ideal_response}
            onChange={(event) => set({ ideal_response: event.currentTarget.value })}
          />
          <LongText
            label="Correct answer"
            description="if it is known: a number, a formula, a word"
            minRows={2}
            maxRows={12}
            error={wrong("final_answer")}
            value={asked.final_answer}
            onChange={(event) => set({ final_answer: event.currentTarget.value })}
          />
          <Checkbox
            className={styles.wide}
            label="Check the final answers of the responses against it"
            description="numbers, formulas and units, however they are written; the judges' word is held against it"
            disabled={asked.final_answer === ""}
            checked={asked.final_answer !== "" && asked.scorers.includes(CHECK)}
            onChange={(event) => set({ scorers: event.currentTarget.checked ? [CHECK] : [] })}
          />
        </div>
      </Section>
      <Section
        title="Responses"
        note="one, or several to hold against each other"
        actions={
          <Button
            size="compact-xs"
            disabled={responses.length >= MOST}
            onClick={() => set({ responses: [...responses, { model: "", text: "" }] })}
          >
            Add a response
          </Button>
        }
      >
        {responses.map((one, index) => (
          <div key={index} className={styles.response}>
            <div className={styles.answer}>
              <LongText
                label={`Response ${index + 1}`}
                required
                minRows={4}
                maxRows={20}
                error={wrong("responses", index, "text") ?? wrong("responses", index)}
                value={one.text}
                onChange={(event) => set({ responses: responses.with(index, { ...one, text: event.target.value }) })}
              />
              <TextInput
                aria-label={`Model of response ${index + 1}`}
                placeholder={`which model wrote it (response-${index + 1})`}
                value={one.model}
                onChange={(event) => set({ responses: responses.with(index, { ...one, model: event.target.value }) })}
              />
            </div>
            {responses.length > 1 && (
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={`Remove response ${index + 1}`}
                onClick={() => set({ responses: responses.toSpliced(index, 1) })}
              >
                <Trash2 size={14} />
              </ActionIcon>
            )}
          </div>
        ))}
      </Section>
      <Section title="Who judges, by what">
        <div className={styles.fields}>
          <Select
            label="Rubric"
            description={rubric?.description ?? "what is looked at"}
            required
            searchable
            allowDeselect={false}
            error={wrong("rubric")}
            data={known.map(({ name, compares }) => ({
              value: name,
              label: compares ? `${name} (two answers)` : name,
            }))}
            value={rubric?.name ?? null}
            onChange={(name) => set({ rubric: known.find((one) => one.name === name) ?? null })}
          />
          <TagsInput
            size="xs"
            label="Judges"
            description="runtime/name, or rules; several are a panel"
            required
            data={[...choices.judges]}
            error={wrong("judges") ?? asked.judges.map((_, index) => wrong("judges", index)).find(Boolean)}
            value={asked.judges.map(nameOf)}
            onChange={(names) =>
              set({ judges: names.map((name) => asked.judges.find((one) => nameOf(one) === name) ?? judgeOf(name)) })
            }
          />
          <NumberInput
            label="Votes"
            description="how often each judge is asked"
            min={1}
            max={99}
            error={wrong("votes")}
            value={asked.votes}
            onChange={(votes) => set({ votes: typeof votes === "number" ? votes : 1 })}
          />
        </div>
      </Section>
      {problem !== null && <Failure error={problem} />}
      <div className={styles.send}>
        <Button variant="filled" disabled={lacks !== null} loading={sending} onClick={send}>
          Judge
        </Button>
        <span className="quiet">{lacks ?? "Ctrl Enter"}</span>
      </div>
    </div>
  );
}

/** A field that grows with its text; a very long one would be measured, and its lines broken, for seconds each time. */
function LongText(props: TextareaProps & { readonly value: string }) {
  const long = props.value.length >= LONG;
  return <Textarea {...props} autosize={!long} rows={props.maxRows} wrap={long ? "off" : "soft"} />;
}

/** What is not filled in yet. */
function missing({ prompt, responses, rubric, judges }: Asked): string | null {
  if (prompt.trim() === "") return "The prompt is missing.";
  if (responses.some((one) => one.text === "")) return "A response is empty.";
  if (rubric === null) return "Choose a rubric.";
  if (rubric.compares && responses.length < 2) return `${rubric.name} compares two answers: add a response.`;
  return judges.length === 0 ? "Nobody judges." : null;
}

function isAt(problem: Error | null, path: readonly (string | number)[]): boolean {
  if (!(problem instanceof ApiError)) return false;
  return problem.field.length === path.length && path.every((part, at) => String(part) === String(problem.field[at]));
}
