import { NumberInput, Select, TagsInput } from "@mantine/core";
import type { PluginFacts } from "~/api/records";
import { changed, isFields } from "./draft";
import type { Fields } from "./draft";
import { OwnArguments } from "./own-arguments";
import { SamplingFields } from "./sampling-fields";

interface TaskFieldsProps {
  readonly task: Fields;
  readonly tasks: readonly PluginFacts[];
  readonly error: string | undefined;
  readonly onChange: (task: Fields) => void;
}

/** A registered task: its own arguments, from its JSON schema, and what is changed of it. */
export function TaskFields({ task, tasks, error, onChange }: TaskFieldsProps) {
  const { name, args } = usedOf(task["task"]);
  const plugin = tasks.find((one) => one.name === name);
  const slices = task["slices"];
  return (
    <>
      <Select
        label="Task"
        required
        searchable
        error={error}
        description={plugin?.about}
        data={[...new Set([...tasks.map((one) => one.name), name])].filter((one) => one !== "")}
        value={name === "" ? null : name}
        onChange={(chosen) => onChange(changed(task, "task", chosen))}
      />
      <TagsInput
        size="xs"
        label="Slices"
        placeholder="All"
        value={Array.isArray(slices) ? slices.map(String) : []}
        onChange={(chosen) => onChange(changed(task, "slices", chosen))}
      />
      {(["limit", "epochs"] as const).map((field) => (
        <NumberInput
          key={field}
          label={field === "limit" ? "At most so many samples" : "Times each is asked"}
          min={1}
          value={typeof task[field] === "number" ? task[field] : ""}
          onChange={(value) => onChange(changed(task, field, value))}
        />
      ))}
      <SamplingFields of={task} onChange={onChange} />
      <OwnArguments
        of={name}
        schema={plugin?.arguments}
        shared="slices"
        values={args}
        onChange={(values) =>
          onChange(changed(task, "task", Object.keys(values).length === 0 ? name : { [name]: values }))
        }
      />
    </>
  );
}

/** A plugin as a config spells it: `name`, `{name: {key: value}}`, or `{name: …, args: …}`. */
function usedOf(use: unknown): { name: string; args: Fields } {
  if (typeof use === "string") return { name: use, args: {} };
  if (!isFields(use)) return { name: "", args: {} };
  if (typeof use["name"] === "string") return { name: use["name"], args: isFields(use["args"]) ? use["args"] : {} };
  const [name = "", args] = Object.entries(use)[0] ?? [];
  return { name, args: isFields(args) ? args : {} };
}
