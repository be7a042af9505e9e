import { parse, stringify } from "yaml";

/** A config as plain data, as far as the form shows it; what it does not show stays as it is. */

export type Fields = Readonly<Record<string, unknown>>;

export const BLANK = `name: my-experiment

models:
  - model: mock/demo

tasks:
  - task: python-coding
    slices: [easy]

run:
  seed: 0
  concurrency: 4
`;

/** A config in which answers that are here already are judged. */
export function judging(runs: readonly string[], now: Date): string {
  const name = `judging-${now
    .toISOString()
    .slice(0, 19)
    .replaceAll(/[^0-9]+/g, "-")}`;
  return textOf({ name, judges: [{ rubric: "quality-3", model: "rules", runs }] });
}

/** The fields of a config; null if the text is none, or is too strange for a form. */
export function fieldsOf(text: string): Fields | null {
  try {
    // A config has no use for aliases, and an alias of an alias of an alias fills the memory.
    const read: unknown = parse(text, { maxAliasCount: 20 });
    return isFields(read) ? read : null;
  } catch {
    return null;
  }
}

export function textOf(fields: Fields): string {
  return stringify(fields, { lineWidth: 120 });
}

/** The entries of a list in a config, in their long spelling. */
export function entriesOf(fields: Fields, name: string, key: string): Fields[] {
  const given = fields[name];
  const listed: unknown[] = Array.isArray(given) ? given : given === undefined || given === null ? [] : [given];
  return listed.map((entry) => (isFields(entry) ? entry : { [key]: entry }));
}

/** With a field changed; an empty one is left out. */
export function changed(fields: Fields, name: string, value: unknown): Fields {
  const empty =
    value === undefined ||
    value === "" ||
    value === null ||
    (typeof value === "object" && Object.keys(value).length === 0);
  if (!empty) return { ...fields, [name]: value };
  return Object.fromEntries(Object.entries(fields).filter(([field]) => field !== name));
}

/** With a field of one of its mappings changed. */
export function changedIn(fields: Fields, name: string, inner: string, value: unknown): Fields {
  return changed(fields, name, changed(fieldsIn(fields, name), inner, value));
}

/** The fields of one of its mappings; none if it is not there. */
export function fieldsIn(fields: Fields, name: string): Fields {
  const inner = fields[name];
  return isFields(inner) ? inner : {};
}

export function textIn(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
