import { ActionIcon, Button, NumberInput, Select, TagsInput, TextInput } from "@mantine/core";
import { Trash2 } from "lucide-react";
import type { ReactNode } from "react";
import type { Problem } from "~/api/records";
import { Section } from "~/ui/page";
import { changed, changedIn, entriesOf, fieldsIn, isFields, textIn } from "./draft";
import type { Fields } from "./draft";
import { ModelFields } from "./model-fields";
import type { Choices } from "./new-queries";
import { TaskFields } from "./task-fields";
import styles from "./experiments.module.css";

interface ConfigFormProps {
  readonly fields: Fields;
  readonly choices: Choices | undefined;
  readonly problem: Problem | null;
  readonly onChange: (fields: Fields) => void;
}

/** The usual part of a config as a form; what it does not show stays in the YAML as it is. */
export function ConfigForm({ fields, choices, problem, onChange }: ConfigFormProps) {
  const set = (name: string, value: unknown) => onChange(changed(fields, name, value));
  const run = fieldsIn(fields, "run");
  const budget = fieldsIn(run, "budget");
  const setBudget = (name: string, value: unknown) =>
    onChange(changedIn(fields, "run", "budget", changed(budget, name, value)));
  const gates = shortGates(fields["gates"]);
  const wrong = (...path: (string | number)[]) => (isAt(problem, path) ? problem?.message : undefined);
  const known = [...(choices?.models ?? []), ...(choices?.runtimes.map((runtime) => `${runtime.name}/`) ?? [])];
  return (
    <div className={styles.form}>
      <Section title="What it is">
        <div className={styles.fields}>
          <TextInput
            label="Name"
            required
            error={wrong("name")}
            value={textIn(fields, "name")}
            onChange={(event) => set("name", event.currentTarget.value)}
          />
          <TextInput
            label="Description"
            value={textIn(fields, "description")}
            onChange={(event) => set("description", event.currentTarget.value)}
          />
        </div>
      </Section>
      <Entries
        title="Models"
        note="runtime/name; keys come from the environment"
        add="Add a model"
        entries={entriesOf(fields, "models", "model")}
        blank={{ model: "" }}
        onChange={(models) => set("models", models)}
      >
        {(model, change, index) => (
          <ModelFields
            model={model}
            known={known}
            runtimes={choices?.runtimes ?? []}
            error={wrong("models", index, "model") ?? wrong("models", index)}
            onChange={change}
          />
        )}
      </Entries>
      <Entries
        title="Tasks"
        add="Add a task"
        entries={entriesOf(fields, "tasks", "task")}
        blank={{ task: choices?.tasks[0]?.name ?? "" }}
        onChange={(tasks) => set("tasks", tasks)}
      >
        {(task, change, index) => (
          <TaskFields
            task={task}
            tasks={choices?.tasks ?? []}
            error={wrong("tasks", index, "task") ?? wrong("tasks", index)}
            onChange={change}
          />
        )}
      </Entries>
      <Entries
        title="Judges"
        note="look at the answers afterwards; none is fine"
        add="Add a judge"
        entries={entriesOf(fields, "judges", "rubric")}
        blank={{ rubric: choices?.rubrics[0] ?? "", model: "rules" }}
        onChange={(judges) => set("judges", judges)}
      >
        {(judge, change, index) => (
          <>
            <Select
              label="Rubric"
              searchable
              required
              error={wrong("judges", index, "rubric") ?? wrong("judges", index)}
              data={choices?.rubrics ?? []}
              value={textIn(judge, "rubric") || null}
              onChange={(rubric) => change(changed(judge, "rubric", rubric))}
            />
            <TagsInput
              size="xs"
              label="Models"
              description="several are a panel"
              data={["rules", ...known]}
              value={namesOf(judge)}
              onChange={(names) => change(judgedBy(judge, names))}
            />
            <TagsInput
              size="xs"
              label="Runs"
              description="whose answers; unless given, this one's"
              error={wrong("judges", index, "runs")}
              value={runsOf(judge)}
              onChange={(runs) => change(changed(judge, "runs", runs))}
            />
          </>
        )}
      </Entries>
      <Section title="How it runs">
        <div className={styles.fields}>
          {(["seed", "concurrency"] as const).map((name) => (
            <NumberInput
              key={name}
              label={name === "seed" ? "Seed" : "Samples at once"}
              error={wrong("run", name)}
              value={textIn(run, name)}
              onChange={(value) => onChange(changedIn(fields, "run", name, value))}
            />
          ))}
          {BUDGET.map(({ name, label, description }) => (
            <TextInput
              key={name}
              label={label}
              description={description}
              placeholder="No end"
              error={wrong("run", "budget", name)}
              value={textIn(budget, name)}
              onChange={(event) => setBudget(name, typedNumber(event.currentTarget.value))}
              onBlur={() => setBudget(name, numberIn(textIn(budget, name)))}
            />
          ))}
        </div>
      </Section>
      <Section title="Gates" note="what the figures are held to at the end">
        {gates === null ? (
          <p className={styles.none}>These gates are more than a line each: they are changed in the YAML.</p>
        ) : (
          <div className={styles.fields}>
            <TagsInput
              style={{ gridColumn: "1 / -1" }}
              size="xs"
              label="Demands"
              placeholder="pass_rate >= 0.6"
              description="figure >= number, or figure <= number; Enter takes each"
              error={problem?.field?.[0] === "gates" ? problem.message : undefined}
              value={gates}
              onChange={(next) => set("gates", next)}
            />
          </div>
        )}
      </Section>
    </div>
  );
}

const BUDGET = [
  { name: "max_cost", label: "Cost at most", description: "of all its runs, in the currency of its prices" },
  { name: "max_tokens", label: "Tokens at most, in all", description: "of prompts and answers together" },
  { name: "max_time", label: "Time at most", description: "of work: 90s, 30m, 2h" },
] as const;

interface EntriesProps {
  readonly title: string;
  readonly note?: string;
  readonly add: string;
  readonly entries: readonly Fields[];
  readonly blank: Fields;
  readonly onChange: (entries: readonly Fields[]) => void;
  readonly children: (entry: Fields, change: (entry: Fields) => void, index: number) => ReactNode;
}

/** A list of the config: each entry with its fields. */
function Entries({ title, note, add, entries, blank, onChange, children }: EntriesProps) {
  return (
    <Section
      title={title}
      note={note}
      actions={
        <Button size="compact-xs" onClick={() => onChange([...entries, blank])}>
          {add}
        </Button>
      }
    >
      {entries.length === 0 && <p className={styles.none}>None.</p>}
      {entries.map((entry, index) => (
        <div key={index} className={styles.entry}>
          <div className={styles.fields}>{children(entry, (next) => onChange(entries.with(index, next)), index)}</div>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove this one of the ${title.toLowerCase()}`}
            onClick={() => onChange(entries.toSpliced(index, 1))}
          >
            <Trash2 size={14} />
          </ActionIcon>
        </div>
      ))}
    </Section>
  );
}

function namesOf(judge: Fields): string[] {
  const given = judge["models"] ?? judge["model"];
  const listed: unknown[] = Array.isArray(given) ? given : given === undefined ? [] : [given];
  return listed.map((model) => (isFields(model) ? textIn(model, "model") : String(model)));
}

function runsOf(judge: Fields): string[] {
  const given = judge["runs"];
  return (Array.isArray(given) ? given : given === undefined ? [] : [given]).map(String);
}

/** Gates of a line each; null if there is more to them. */
function shortGates(gates: unknown): string[] | null {
  const listed: unknown[] = Array.isArray(gates) ? gates : gates === undefined || gates === null ? [] : [gates];
  return listed.every((gate) => typeof gate === "string") ? listed : null;
}

/** A number, once it is written as numbers are: `1.` and `1.50` are still being typed. */
function typedNumber(text: string): number | string {
  return String(Number(text)) === text ? Number(text) : text;
}

/** A number where it is one; `2h` stays as it is. */
function numberIn(text: string): number | string {
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

function judgedBy(judge: Fields, names: readonly string[]): Fields {
  const others = changed(changed(judge, "model", undefined), "models", undefined);
  return names.length === 1 ? { ...others, model: names[0] } : { ...others, models: names };
}

function isAt(problem: Problem | null, path: readonly (string | number)[]): boolean {
  const field = problem?.field ?? [];
  return field.length === path.length && path.every((part, index) => String(field[index]) === String(part));
}
