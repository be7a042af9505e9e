import type { Turn } from "./records";

/** As soon as there is a worker for it, and as the experiment says. */
export const NOW: Turn = {
  priority: 0,
  not_before: null,
  gpus: null,
  cache: null,
  budget: { max_cost: null, max_tokens: null, max_time: null },
};
