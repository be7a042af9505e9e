import { NumberInput, Select, Switch, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { chosenOf, defaultOf, fieldsOf, kindOf, resolved } from "./json-schema";
import type { Schema } from "./json-schema";
import styles from "./schema-form.module.css";

export type Values = Readonly<Record<string, unknown>>;

interface SchemaFormProps {
  readonly schema: Schema;
  readonly values: Values;
  readonly onChange: (values: Values) => void;
}

/** A form drawn from a JSON schema: what is left as it is, is not in the values. */
export function SchemaForm({ schema, values, onChange }: SchemaFormProps) {
  const fields = fieldsOf(schema);
  if (fields.length === 0) return <p className="quiet">It takes no arguments.</p>;
  const set = (name: string, value: unknown) => {
    const empty = value === undefined || value === "";
    const others = Object.entries(values).filter(([field]) => field !== name);
    onChange(empty ? Object.fromEntries(others) : { ...values, [name]: value });
  };
  return (
    <div className={styles.form}>
      {fields.map(({ name, schema: field, required }) => (
        <Field
          key={name}
          name={name}
          schema={field}
          root={schema}
          required={required}
          value={values[name]}
          onChange={(value) => set(name, value)}
        />
      ))}
    </div>
  );
}

interface FieldProps {
  readonly name: string;
  readonly schema: Schema;
  readonly root: Schema;
  readonly required: boolean;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
}

function Field({ name, schema, root, required, value, onChange }: FieldProps) {
  const field = resolved(schema, root);
  const shared = { label: name, description: field.description, required };
  const placeholder = shownDefault(field);
  switch (kindOf(field, root)) {
    case "choice":
      return (
        <Select
          {...shared}
          clearable={!required}
          placeholder={placeholder}
          data={chosenOf(field, root).map((one) => ({ value: JSON.stringify(one), label: String(one) }))}
          value={value === undefined ? null : JSON.stringify(value)}
          onChange={(chosen) => onChange(chosenOf(field, root).find((one) => JSON.stringify(one) === chosen))}
        />
      );
    case "boolean":
      return (
        <Switch
          label={name}
          description={field.description}
          checked={(value ?? defaultOf(field) ?? false) === true}
          onChange={(event) =>
            onChange(event.currentTarget.checked === defaultOf(field) ? undefined : event.currentTarget.checked)
          }
        />
      );
    case "number":
      return (
        <NumberInput
          {...shared}
          placeholder={placeholder}
          // What is typed of a number may not be one yet: "0.".
          value={typeof value === "number" || typeof value === "string" ? value : ""}
          onChange={onChange}
        />
      );
    case "texts":
      return (
        <TagsInput
          {...shared}
          size="xs"
          placeholder={placeholder}
          value={Array.isArray(value) ? value.map(String) : []}
          onChange={(given) => onChange(given.length > 0 ? given : undefined)}
        />
      );
    case "text":
      return (
        <TextInput
          {...shared}
          placeholder={placeholder}
          value={typeof value === "string" ? value : ""}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case "json":
      return <JsonField {...shared} placeholder={placeholder} value={value} onChange={onChange} />;
  }
}

interface JsonFieldProps {
  readonly label: string;
  readonly description: string | undefined;
  readonly required: boolean;
  readonly placeholder: string | undefined;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
}

/** What no simpler field can hold, as JSON; what cannot be read yet is only here. */
function JsonField({ value, onChange, ...shared }: JsonFieldProps) {
  const [unread, setUnread] = useState<string | null>(null);
  const change = (typed: string) => {
    const read = jsonOf(typed);
    setUnread(read === NOT_YET ? typed : null);
    if (read !== NOT_YET) onChange(read);
  };
  return (
    <Textarea
      {...shared}
      autosize
      minRows={1}
      error={unread === null ? undefined : "This is no JSON yet."}
      value={unread ?? (value === undefined ? "" : JSON.stringify(value))}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}

const NOT_YET = Symbol("not yet JSON");

function jsonOf(text: string): unknown {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return NOT_YET;
  }
}

function shownDefault(field: Schema): string | undefined {
  const value = defaultOf(field);
  return value === undefined || value === null ? undefined : typeof value === "string" ? value : JSON.stringify(value);
}
