import type { Schema } from "~/ui/json-schema";
import { SchemaForm } from "~/ui/schema-form";
import type { Values } from "~/ui/schema-form";
import styles from "./experiments.module.css";

interface OwnArgumentsProps {
  readonly of: string;
  readonly schema: Schema | null | undefined;
  /** The argument that the form has a field of its own for. */
  readonly shared: string;
  readonly values: Values;
  readonly onChange: (values: Values) => void;
}

/** What a plugin takes that others do not, from its JSON schema; nothing if there is nothing. */
export function OwnArguments({ of, schema, shared, values, onChange }: OwnArgumentsProps) {
  const own = Object.entries(schema?.properties ?? {}).filter(([name]) => name !== shared);
  if (own.length === 0) return null;
  return (
    <div className={styles.arguments}>
      <h3>Arguments of {of}</h3>
      <SchemaForm schema={{ ...schema, properties: Object.fromEntries(own) }} values={values} onChange={onChange} />
    </div>
  );
}
