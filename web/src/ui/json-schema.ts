/** As much of JSON Schema as the arguments of plugins need. */

export interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly default?: unknown;
  readonly description?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

export type FieldKind = "text" | "number" | "boolean" | "choice" | "texts" | "json";

export interface FieldOf {
  readonly name: string;
  readonly schema: Schema;
  readonly required: boolean;
}

export function fieldsOf(schema: Schema): FieldOf[] {
  return Object.entries(schema.properties ?? {}).map(([name, field]) => ({
    name,
    schema: field,
    required: schema.required?.includes(name) ?? false,
  }));
}

/** The schema itself in place of a reference to it, and without the alternative that is null. */
export function resolved(schema: Schema, root: Schema): Schema {
  const { $ref, anyOf, allOf, ...own } = schema;
  if ($ref !== undefined) {
    const target = root.$defs?.[$ref.replace("#/$defs/", "")];
    return target === undefined ? own : { ...resolved(target, root), ...own };
  }
  if (allOf?.length === 1 && allOf[0] !== undefined) return { ...resolved(allOf[0], root), ...own };
  const others = anyOf?.filter((one) => one.type !== "null") ?? [];
  if (others.length === 1 && others[0] !== undefined) return { ...resolved(others[0], root), ...own };
  return schema;
}

export function kindOf(schema: Schema, root: Schema): FieldKind {
  if (chosenOf(schema, root).length > 0) return "choice";
  switch (schema.type) {
    case "string":
      return "text";
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "array":
      return schema.items !== undefined && resolved(schema.items, root).type === "string" ? "texts" : "json";
    default:
      return "json";
  }
}

/** What may be chosen, where that is listed. */
export function chosenOf(schema: Schema, root: Schema): readonly unknown[] {
  if (schema.enum !== undefined) return schema.enum;
  if (schema.const !== undefined) return [schema.const];
  const parts = (schema.anyOf ?? []).map((one) => resolved(one, root));
  return parts.length > 0 && parts.every((one) => one.enum !== undefined || one.const !== undefined)
    ? parts.flatMap((one) => one.enum ?? [one.const])
    : [];
}

export function defaultOf(schema: Schema): unknown {
  return schema.default;
}
