/** What came of answers that were sent to be judged. A result may hold anything: what is not as expected is left out. */

export interface Passage {
  readonly start: number;
  readonly end: number;
  readonly note: string;
  /** Whether it is in the second of two answers. */
  readonly other: boolean;
}

export interface Verdict {
  readonly id: string;
  readonly criterion: string;
  readonly value: number | null;
  readonly label: string | null;
  readonly error: string | null;
  readonly explanation: string;
  readonly confidence: number | null;
  readonly passages: readonly Passage[];
}

/** What one judge says of one answer, or of two. */
export interface Opinion {
  readonly judge: string;
  readonly run: string;
  readonly verdicts: readonly Verdict[];
  readonly flags: readonly string[];
}

export interface Judged {
  readonly model: string;
  readonly run: string;
  readonly text: string;
  /** What code found out about it. */
  readonly checks: readonly Verdict[];
  readonly opinions: readonly Opinion[];
}

export interface Compared extends Opinion {
  readonly model: string;
  readonly other: string;
}

export interface Evaluated {
  readonly responses: readonly Judged[];
  readonly comparisons: readonly Compared[];
  readonly failures: readonly { readonly judge: string; readonly error: string }[];
  readonly runs: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

export function evaluatedIn(result: Json): Evaluated {
  return {
    responses: objectsIn(result, "responses").map((one) => ({
      model: textIn(one, "model"),
      run: textIn(one, "run_id"),
      text: textIn(one, "response"),
      checks: objectsIn(one, "checks").map(verdictIn),
      opinions: objectsIn(one, "judges").map(opinionIn),
    })),
    comparisons: objectsIn(result, "comparisons").map((one) => ({
      ...opinionIn(one),
      model: textIn(one, "model_id"),
      other: textIn(one, "other_model_id"),
    })),
    failures: objectsIn(result, "failures").map((one) => ({
      judge: textIn(one, "judge"),
      error: textIn(one, "error"),
    })),
    runs: textsIn(result, "runs"),
  };
}

/** The passages of one verdict in the answer of that model. */
export function passagesIn(whole: Evaluated, model: string, verdict: string | undefined): readonly Passage[] {
  if (verdict === undefined) return [];
  const alone = whole.responses.filter((one) => one.model === model).flatMap((one) => one.opinions);
  const found = verdictsOf(alone).find((one) => one.id === verdict);
  if (found !== undefined) return found.passages;
  const pair = whole.comparisons.find((one) => one.verdicts.some(({ id }) => id === verdict));
  const passages = pair?.verdicts.find(({ id }) => id === verdict)?.passages ?? [];
  if (pair?.model === model) return passages.filter((one) => !one.other);
  return pair?.other === model ? passages.filter((one) => one.other) : [];
}

function verdictsOf(opinions: readonly Opinion[]): Verdict[] {
  return opinions.flatMap((one) => one.verdicts);
}

function opinionIn(one: Json): Opinion {
  return {
    judge: textIn(one, "author_id"),
    run: textIn(one, "run_id"),
    verdicts: objectsIn(one, "criteria").map(verdictIn),
    flags: objectsIn(one, "review_reasons").map(
      (flag) => `${textIn(flag, "item") || "the whole"}: ${textIn(flag, "reason")}`,
    ),
  };
}

function verdictIn(one: Json): Verdict {
  return {
    id: textIn(one, "evaluation_id"),
    criterion: textIn(one, "criterion"),
    value: numberIn(one, "value"),
    label: textIn(one, "label") || null,
    error: textIn(one, "error") || null,
    explanation: textIn(one, "explanation"),
    confidence: numberIn(one, "confidence"),
    passages: objectsIn(one, "spans").map((span) => ({
      start: numberIn(span, "start") ?? 0,
      end: numberIn(span, "end") ?? 0,
      note: textIn(span, "note"),
      other: span["other"] === true,
    })),
  };
}

export function textIn(one: Json, name: string): string {
  const value = one[name];
  return typeof value === "string" ? value : "";
}

export function numberIn(one: Json, name: string): number | null {
  const value = one[name];
  return typeof value === "number" ? value : null;
}

export function textsIn(one: Json, name: string): string[] {
  const value = one[name];
  return Array.isArray(value) ? value.filter((part): part is string => typeof part === "string") : [];
}

export function objectsIn(one: Json, name: string): Json[] {
  const value = one[name];
  if (!Array.isArray(value)) return [];
  return value.filter((part): part is Json => typeof part === "object" && part !== null && !Array.isArray(part));
}
