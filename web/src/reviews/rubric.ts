import type { ReviewForm } from "~/api/records";

/** The form as the page draws it. What is not as expected is left out. */

export interface Field {
  readonly path: string;
  readonly title: string;
  readonly question: string;
  readonly answers: readonly string[];
  readonly anchors: Readonly<Record<string, string>>;
  readonly depth: number;
  /** It has parts, which decide it: nothing is answered. */
  readonly byParts: boolean;
}

export interface RubricForm {
  readonly rubric: string;
  readonly compares: boolean;
  readonly instructions: string;
  /** As one reads them: parts after what they decide. */
  readonly fields: readonly Field[];
  /** Those that are answered. */
  readonly asked: readonly Field[];
  readonly issues: readonly { readonly name: string; readonly means: string }[];
}

export const CANNOT_TELL = "cannot_tell";

export const DIGITS = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"] as const;

const WORDS: Readonly<Record<string, string>> = { first: "A", second: "B", tie: "Tie" };

export function rubricOf({ form }: ReviewForm): RubricForm {
  const fields = inOrder(listed(form["fields"]).map(fieldOf));
  return {
    rubric: textOf(form["rubric"]),
    compares: form["compares"] === true,
    instructions: textOf(form["instructions"]),
    fields,
    asked: fields.filter((field) => !field.byParts),
    issues: listed(form["issues"]).map((issue) => ({ name: textOf(issue["name"]), means: textOf(issue["means"]) })),
  };
}

/** Which digit stands for which answer: 1, 2 and 0 for A, B and a tie; grades for themselves; else in their order. */
export function digitsOf({ answers }: Field): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const take = (digit: string, answer: string) => {
    if (!found.has(digit) && ![...found.values()].includes(answer)) found.set(digit, answer);
  };
  for (const answer of answers) {
    const fixed = { first: "1", second: "2", tie: "0" }[answer] ?? (/^\d$/.test(answer) ? answer : undefined);
    if (fixed !== undefined) take(fixed, answer);
  }
  const free = DIGITS.slice(1);
  for (const answer of answers) {
    if ([...found.values()].includes(answer)) continue;
    const wanted = answer === CANNOT_TELL && !found.has("0") ? "0" : free.find((digit) => !found.has(digit));
    if (wanted !== undefined) take(wanted, answer);
  }
  return found;
}

/** What stands against an answer, where only one thing does. */
export function opposite(answer: string): string | null {
  return { first: "second", second: "first", yes: "no", no: "yes" }[answer] ?? null;
}

export function wordFor(answer: string): string {
  const word = WORDS[answer] ?? answer.replaceAll("_", " ");
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function fieldOf(field: Told): Field {
  const anchors = field["anchors"];
  return {
    path: textOf(field["path"]),
    title: textOf(field["title"]),
    question: textOf(field["question"]),
    answers: Array.isArray(field["answers"]) ? field["answers"].map(String) : [],
    anchors: isTold(anchors)
      ? Object.fromEntries(Object.entries(anchors).map(([name, means]) => [name, textOf(means)]))
      : {},
    depth: typeof field["depth"] === "number" ? field["depth"] : 0,
    byParts: field["decided_by_parts"] === true,
  };
}

/** Parts come before what they decide; one reads them after it. */
function inOrder(fields: readonly Field[], above = ""): Field[] {
  return fields
    .filter(({ path }) => path.startsWith(above) && !path.slice(above.length).includes("/"))
    .flatMap((field) => [field, ...inOrder(fields, `${field.path}/`)]);
}

type Told = Readonly<Record<string, unknown>>;

function isTold(value: unknown): value is Told {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function listed(value: unknown): Told[] {
  return Array.isArray(value) ? value.filter(isTold) : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
