/** What stands in an address, read with distrust: anyone may have typed it. */

export type Search = Readonly<Record<string, unknown>>;

export function text(value: unknown): string | undefined {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && value !== "" ? value.slice(0, 2000) : undefined;
}

export function number(value: unknown): number | undefined {
  const read = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof read === "number" && Number.isFinite(read) ? read : undefined;
}

export function yes(value: unknown): true | undefined {
  return value === true || value === "true" || value === 1 ? true : undefined;
}

export function oneOf<T extends string>(value: unknown, known: readonly T[]): T | undefined {
  return known.find((one) => one === value);
}

/** `A,B`, each once. */
export function several(value: unknown): string | undefined {
  const parts = (text(value) ?? "").split(",").filter((part) => part !== "");
  return parts.length > 0 ? [...new Set(parts)].join(",") : undefined;
}

/** The parts of what `several` has read. */
export function partsOf(value: string | undefined): string[] {
  return value === undefined ? [] : value.split(",");
}

/** The fields that are given. */
export function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
