import type { Values } from "./schema-form";

const PLACES: Readonly<Record<string, string>> = {
  task: "tasks:\n  - task: ",
  scorer: "scorers:\n  - ",
  reader: "dataset: ",
  solver: "solver: ",
  runtime: "models:\n  - model: ",
  sandbox: "run:\n  sandbox: ",
};

/** How a config names a plugin with these arguments. */
export function inYaml({ kind, name }: { readonly kind: string; readonly name: string }, values: Values): string {
  const place = PLACES[kind] ?? `${kind}: `;
  const given = Object.entries(values);
  if (kind === "runtime") {
    const args = given.length === 0 ? "" : `\n    args: ${flow(Object.fromEntries(given))}`;
    return `${place}${name}/MODEL${args}`;
  }
  return given.length === 0 ? `${place}${name}` : `${place}{${name}: ${flow(Object.fromEntries(given))}}`;
}

/** A value in YAML's flow style; JSON is that too, and plain words need no quotes. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const parts = Object.entries(value).map(([name, part]) => `${word(name)}: ${flow(part)}`);
    return `{${parts.join(", ")}}`;
  }
  return typeof value === "string" ? word(value) : JSON.stringify(value);
}

function word(text: string): string {
  const plain = /^[A-Za-z_][\w./-]*$/.test(text) && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(text);
  return plain ? text : JSON.stringify(text);
}
