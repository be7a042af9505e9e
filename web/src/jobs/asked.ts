import type { Evaluation, Job, ModelSpec } from "~/api/records";

/** What is asked of judges, as the form has it. */
export type Asked = Omit<Evaluation, "rubric"> & { readonly rubric: Evaluation["rubric"] | null };

const GENERATE: Evaluation["generate"] = {
  max_tokens: null,
  temperature: null,
  top_p: null,
  top_k: null,
  seed: null,
  stop: [],
  logprobs: null,
  json_schema: null,
  reasoning: null,
  reasoning_tokens: null,
};

export const BLANK: Asked = {
  prompt: "",
  responses: [{ model: "", text: "" }],
  ideal_response: "",
  final_answer: "",
  rubric: null,
  judges: [judgeOf("rules")],
  votes: 1,
  needed: null,
  orders: "both",
  inconsistent: "tie",
  evidence: false,
  inputs: ["ideal_response", "final_answer", "reference"],
  constrained: true,
  repair: true,
  least_words: 4,
  least_confidence: 0.5,
  least_agreement: 1,
  scorers: [],
  generate: GENERATE,
  priority: 0,
};

/** A judge by the name that people give it. */
export function judgeOf(name: string): ModelSpec {
  const limits = { concurrency: null, requests_per_minute: null, tokens_per_minute: null };
  const rest = { args: {}, prompt_style: "auto", generate: GENERATE, limits } as const;
  return name === "rules" ? { model: "rules/offline", name: "rules", ...rest } : { model: name, name: "", ...rest };
}

/** What people call a judge. */
export function nameOf({ model, name }: ModelSpec): string {
  return name === "rules" ? name : model;
}

/** What a job keeps of it: nothing that is as usual. */
interface Kept extends Partial<Omit<Evaluation, "responses" | "judges">> {
  readonly responses?: readonly { readonly model?: string; readonly text: string }[];
  readonly judges?: readonly (Partial<ModelSpec> & Pick<ModelSpec, "model">)[];
}

/** What a job was asked. */
export function askedOf({ spec }: Job): Asked {
  const kept = spec as Kept;
  return {
    ...BLANK,
    ...kept,
    responses: (kept.responses ?? BLANK.responses).map((one) => ({ model: "", ...one })),
    judges: (kept.judges ?? BLANK.judges).map((one) => ({ ...judgeOf(one.model), name: "", ...one })),
  };
}

/** As it is sent, once a rubric is chosen. */
export function bodyFor(asked: Asked): Evaluation | null {
  const scorers = asked.final_answer === "" ? [] : asked.scorers;
  return asked.rubric === null ? null : { ...asked, scorers, rubric: asked.rubric };
}
