import { Autocomplete, Select, TextInput } from "@mantine/core";
import type { PluginFacts } from "~/api/records";
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
  const runtime = textIn(model, "model").split("/")[0] ?? "";
  return (
    <>
      <Autocomplete
        size="xs"
        label="Model"
        required
        error={error}
        data={[...new Set(known)]}
        value={textIn(model, "model")}
        onChange={(value) => onChange(changed(model, "model", value))}
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
        schema={runtimes.find((one) => one.name === runtime)?.arguments}
        shared="model"
        values={fieldsIn(model, "args")}
        onChange={(values) => onChange(changed(model, "args", Object.keys(values).length === 0 ? undefined : values))}
      />
    </>
  );
}
