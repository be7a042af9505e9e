import { Autocomplete, Select, TextInput } from "@mantine/core";
import type { PluginFacts } from "~/api/records";
import type { Schema } from "~/ui/json-schema";
import { changed, fieldsIn, textIn } from "./draft";
import type { Fields } from "./draft";
import { OwnArguments } from "./own-arguments";
import { SamplingFields } from "./sampling-fields";

interface ModelFieldsProps {
  readonly model: Fields;
  /** Models that are known, and how those of each runtime begin. */
  readonly known: readonly string[];
  readonly runtimes: readonly PluginFacts[];
  readonly error: string | undefined;
  readonly onChange: (model: Fields) => void;
}

/** A model as `runtime/name`, what its runtime takes, and how it is asked. */
export function ModelFields({ model, known, runtimes, error, onChange }: ModelFieldsProps) {
  const runtime = runtimeOf(textIn(model, "model"));
  return (
    <>
      <Autocomplete
        size="xs"
        label="Model"
        required
        error={error}
        data={[...new Set(known)]}
        value={textIn(model, "model")}
        onChange={(value) => onChange(asked(model, value, runtimes))}
      />
      <TextInput
        label="Name"
        placeholder={textIn(model, "model")}
        value={textIn(model, "name")}
        onChange={(event) => onChange(changed(model, "name", event.currentTarget.value))}
      />
      <Select
        label="Asked by"
        clearable
        placeholder="What its weights say"
        data={["chat", "completion"]}
        value={textIn(model, "prompt_style") || null}
        onChange={(style) => onChange(changed(model, "prompt_style", style))}
      />
      <SamplingFields of={model} onChange={onChange} />
      <OwnArguments
        of={runtime}
        schema={argumentsOf(runtime, runtimes)}
        shared="model"
        values={fieldsIn(model, "args")}
        onChange={(values) => onChange(changed(model, "args", values))}
      />
    </>
  );
}

/** The model under another name: of its arguments, those stay that its runtime takes, too. */
function asked(model: Fields, name: string, runtimes: readonly PluginFacts[]): Fields {
  const named = changed(model, "model", name);
  const taken = argumentsOf(runtimeOf(name), runtimes)?.properties;
  if (taken === undefined || runtimeOf(name) === runtimeOf(textIn(model, "model"))) return named;
  const args = Object.entries(fieldsIn(model, "args")).filter(([argument]) => argument in taken);
  return changed(named, "args", Object.fromEntries(args));
}

function runtimeOf(name: string): string {
  return name.split("/")[0] ?? "";
}

function argumentsOf(runtime: string, runtimes: readonly PluginFacts[]): Schema | null | undefined {
  return runtimes.find((one) => one.name === runtime)?.arguments;
}
