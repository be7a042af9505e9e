import type { SampleWhole, Span } from "~/api/records";
import type { Mark } from "~/ui/text/segments";

export interface Passages {
  readonly first: readonly Mark[];
  readonly second: readonly Mark[];
  /** Whose passages the second ones are. */
  readonly secondId: string | null;
}

/** What a score marks in the answer it is about, and in the other of two. */
export function passagesOf({ scores, generation }: SampleWhole, id: string | undefined): Passages {
  const score = scores.find((said) => said.score.id === id)?.score;
  if (score === undefined) return { first: [], second: [], secondId: null };
  const spans = score.verdict.spans;
  const [mine, others] = [spans.filter((span) => !span.other), spans.filter((span) => span.other)];
  const isFirst = score.generation_id === generation.id;
  return {
    first: (isFirst ? mine : others).map(marked),
    second: (isFirst ? others : mine).map(marked),
    secondId: isFirst ? score.other_generation_id : score.generation_id,
  };
}

function marked({ start, end, note }: Span): Mark {
  return { start, end, note };
}
