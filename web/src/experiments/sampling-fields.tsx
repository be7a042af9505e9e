import { NumberInput } from "@mantine/core";
import { changedIn, fieldsIn, textIn } from "./draft";
import type { Fields } from "./draft";

interface SamplingFieldsProps {
  readonly of: Fields;
  readonly onChange: (of: Fields) => void;
}

/** How answers are sampled, by the word of a model or of a task. */
export function SamplingFields({ of, onChange }: SamplingFieldsProps) {
  return (["max_tokens", "temperature"] as const).map((field) => (
    <NumberInput
      key={field}
      label={field === "max_tokens" ? "Tokens at most" : "Temperature"}
      min={0}
      step={field === "temperature" ? 0.1 : 1}
      value={textIn(fieldsIn(of, "generate"), field)}
      onChange={(value) => onChange(changedIn(of, "generate", field, value))}
    />
  ));
}
