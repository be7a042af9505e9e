import { ActionIcon, Textarea, TextInput, Tooltip } from "@mantine/core";
import { X } from "lucide-react";
import type { KeyboardEvent } from "react";
import type { Filled, Passage, Sheet } from "~/api/records";
import { percent } from "~/ui/figures";
import { PlainText, Visible } from "~/ui/text/plain-text";
import { answered, SURE } from "./draft";
import type { Draft } from "./draft";
import type { Marking } from "./marking";
import { digitsOf, wordFor } from "./rubric";
import type { Field, RubricForm } from "./rubric";
import styles from "./reviews.module.css";

interface FormPanelProps {
  readonly form: RubricForm;
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
  /** The path of the question that digits answer. */
  readonly at: string;
  readonly onMove: (path: string) => void;
}

/** The questions of the rubric; digits answer the one that is marked. */
export function FormPanel({ form, draft, onChange, at, onMove }: FormPanelProps) {
  return (
    <div className={styles.fields}>
      {form.fields.map((field) =>
        field.byParts ? (
          <h3 key={field.path} style={{ marginLeft: 12 * field.depth }}>
            {field.title}
          </h3>
        ) : (
          <Question key={field.path} {...{ field, draft, onChange, onMove }} here={field.path === at} />
        ),
      )}
    </div>
  );
}

interface QuestionProps extends Pick<FormPanelProps, "draft" | "onChange" | "onMove"> {
  readonly field: Field;
  readonly here: boolean;
}

function Question({ field, draft, onChange, onMove, here }: QuestionProps) {
  const said = draft.items[field.path];
  const digits = new Map([...digitsOf(field)].map(([digit, answer]) => [answer, digit]));
  return (
    <fieldset className={styles.question} data-here={here} style={{ marginLeft: 12 * field.depth }}>
      <legend>{field.question}</legend>
      <div className={styles.choices}>
        {field.answers.map((answer) => (
          <Tooltip key={answer} label={field.anchors[answer]} disabled={field.anchors[answer] === undefined}>
            <button
              type="button"
              className={styles.choice}
              aria-pressed={said?.answer === answer}
              onClick={() => {
                onMove(field.path);
                onChange(answered(draft, field.path, answer));
              }}
            >
              {wordFor(answer)} {here && digits.has(answer) && <kbd aria-hidden>{digits.get(answer)}</kbd>}
            </button>
          </Tooltip>
        ))}
      </div>
      {(here || (said?.note ?? "") !== "") && (
        <Textarea
          aria-label={`Why: ${field.title}`}
          placeholder="Why (n)"
          autosize
          minRows={1}
          maxRows={6}
          data-note={here ? "here" : undefined}
          value={said?.note ?? ""}
          onFocus={() => onMove(field.path)}
          onKeyDown={blurred}
          onChange={(event) => {
            const note = event.currentTarget.value;
            onChange({ ...draft, items: { ...draft.items, [field.path]: { answer: said?.answer ?? "", note } } });
          }}
        />
      )}
    </fieldset>
  );
}

interface RemarksProps {
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
}

/** What is marked so far, and what there is to say of the whole. */
export function Remarks({ draft, onChange }: RemarksProps) {
  const change = (index: number, passage: Passage | null) =>
    onChange({
      ...draft,
      passages: passage === null ? draft.passages.toSpliced(index, 1) : draft.passages.with(index, passage),
    });
  return (
    <>
      {draft.passages.length > 0 && (
        <ul className={styles.passages} aria-label="Marked passages">
          {draft.passages.map((passage, index) => (
            <li key={index}>
              <div className={styles.quoted}>
                <span className={styles.kind}>
                  {{ response: "", response_1: "A", response_2: "B" }[passage.source]}{" "}
                  {passage.kind === "" ? "marked" : passage.kind.replaceAll("_", " ")}
                </span>
                <q className="clip">
                  <Visible text={passage.quote.slice(0, 120)} />
                </q>
                <ActionIcon
                  size="xs"
                  variant="subtle"
                  color="gray"
                  aria-label="Remove this passage"
                  onClick={() => change(index, null)}
                >
                  <X size={12} />
                </ActionIcon>
              </div>
              <TextInput
                aria-label="Note on this passage"
                placeholder="Note"
                value={passage.note}
                onKeyDown={blurred}
                onChange={(event) => change(index, { ...passage, note: event.currentTarget.value })}
              />
            </li>
          ))}
        </ul>
      )}
      <Textarea
        label="Critique"
        placeholder="What would have made it better (c)"
        data-critique
        autosize
        minRows={1}
        maxRows={8}
        value={draft.critique}
        onKeyDown={blurred}
        onChange={(event) => onChange({ ...draft, critique: event.currentTarget.value })}
      />
      <Sure draft={draft} onChange={onChange} />
    </>
  );
}

/** How sure the reviewer is; who does not say is not asked. */
function Sure({ draft, onChange }: RemarksProps) {
  const said = draft.confidence;
  const levels = said === null || SURE.some((one) => one === said) ? SURE : [...SURE, said].toSorted((a, b) => a - b);
  return (
    <fieldset className={styles.sure}>
      <legend>
        How sure are you? <kbd aria-hidden>-</kbd> <kbd aria-hidden>+</kbd>
      </legend>
      <div className={styles.choices}>
        {levels.map((level) => (
          <button
            key={level}
            type="button"
            className={styles.choice}
            aria-pressed={said === level}
            onClick={() => onChange({ ...draft, confidence: said === level ? null : level })}
          >
            {percent(level, 0)}
          </button>
        ))}
      </div>
    </fieldset>
  );
}

interface KindsProps {
  readonly form: RubricForm;
  readonly marking: Marking;
  readonly onTake: (kind: string) => void;
  readonly onLeave: () => void;
}

/** What kind of issue is about to be marked. */
export function Kinds({ form, marking, onTake, onLeave }: KindsProps) {
  return (
    <div className={styles.kinds} role="group" aria-label="Kind of issue">
      <p className="quiet">
        {marking.lines === null
          ? "What is wrong with the selection?"
          : "j k moves, J K takes more or less, l the other."}
      </p>
      <div className={styles.choices}>
        {form.issues.map((issue, index) => (
          <Tooltip key={issue.name} label={issue.means}>
            <button type="button" className={styles.choice} onClick={() => onTake(issue.name)}>
              {wordFor(issue.name)} {index < 9 && <kbd aria-hidden>{index + 1}</kbd>}
            </button>
          </Tooltip>
        ))}
        <button type="button" className={styles.choice} onClick={() => onTake("")}>
          {form.issues.length === 0 ? "Mark it" : "None of these"} <kbd aria-hidden>Enter</kbd>
        </button>
        <button type="button" className={styles.choice} onClick={onLeave}>
          Leave it <kbd aria-hidden>Esc</kbd>
        </button>
      </div>
    </div>
  );
}

interface SuggestionProps {
  readonly sheet: Sheet;
  readonly form: RubricForm;
  readonly hidden: boolean;
}

/** What the judge says, once it may be seen. */
export function Suggestion({ sheet, form, hidden }: SuggestionProps) {
  const { suggestion } = sheet;
  if (suggestion === null) {
    return hidden ? <p className={styles.hidden}>The judge’s word comes with your first choice.</p> : null;
  }
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keyboard
    <section className={styles.suggestion} aria-label="The judge" tabIndex={0}>
      <h3>The judge</h3>
      {form.asked.map(({ path, title }) => {
        const said = suggestion.items[path];
        if (said === undefined) return null;
        return (
          <div key={path}>
            <strong>
              {form.asked.length > 1 && <span className="quiet">{title}: </span>}
              {wordFor(said.answer)}
            </strong>{" "}
            <SaidSure of={said} />
            {said.note !== "" && <PlainText prose text={said.note} />}
          </div>
        );
      })}
      {suggestion.critique !== "" && <PlainText prose text={suggestion.critique} />}
    </section>
  );
}

/** How sure somebody was, if that was said. */
export function SaidSure({ of: { confidence } }: { readonly of: Filled["items"][string] }) {
  return confidence == null ? null : <span className="quiet">{percent(confidence, 0)} sure</span>;
}

/** Out of a field, to where keys are strokes again. */
function blurred(event: KeyboardEvent<HTMLElement>): void {
  if (event.key === "Escape") event.currentTarget.blur();
}
