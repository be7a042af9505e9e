import { parse, stringify } from "yaml";

/** A review to be opened, as plain data; what the form does not show stays as it is. */

export type Fields = Readonly<Record<string, unknown>>;

export function beginning(judge: string | undefined, runs: string | undefined): string {
  const given = {
    name: "my-review",
    ...(judge !== undefined && { judge }),
    ...(judge === undefined && runs !== undefined && { runs: runs.split(","), rubric: "preference" }),
  };
  return textOf(given);
}

/** The fields of a text; null if it is no YAML. */
export function fieldsOf(text: string): Fields | null {
  try {
    const read: unknown = parse(text, { maxAliasCount: 20 });
    return isFields(read) ? read : null;
  } catch {
    return null;
  }
}

export function textOf(fields: Fields): string {
  return stringify(fields, { lineWidth: 120 });
}

/** With a field changed; one that says nothing is left out. */
export function changed(fields: Fields, name: string, value: unknown): Fields {
  const empty =
    ["", null, undefined, false].some((one) => one === value) ||
    (Array.isArray(value) && value.length === 0) ||
    (isFields(value) && Object.keys(value).length === 0);
  if (!empty) return { ...fields, [name]: value };
  return Object.fromEntries(Object.entries(fields).filter(([field]) => field !== name));
}

export function textIn(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === "string" ? value : "";
}

export function numberIn(fields: Fields, name: string): number | "" {
  const value = fields[name];
  return typeof value === "number" ? value : "";
}

export function namesIn(fields: Fields, name: string): string[] {
  const value = fields[name];
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.map(String) : [];
}

export function fieldsIn(fields: Fields, name: string): Fields {
  const value = fields[name];
  return isFields(value) ? value : {};
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
