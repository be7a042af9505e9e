import type { Search } from "~/ui/search";
import { given, oneOf, text } from "~/ui/search";

export const KINDS = ["evaluate", "ingest", "run"] as const;
export const STATUSES = ["queued", "running", "done", "failed", "cancelled"] as const;

export interface JobsSearch {
  readonly kind?: (typeof KINDS)[number];
  readonly status?: (typeof STATUSES)[number];
}

export function jobsSearch(search: Search): JobsSearch {
  return given({ kind: oneOf(search["kind"], KINDS), status: oneOf(search["status"], STATUSES) });
}

export interface JobSearch {
  /** The verdict whose passages are marked. */
  readonly mark?: string;
}

export function jobSearch(search: Search): JobSearch {
  return given({ mark: text(search["mark"]) });
}

export interface JudgeSearch {
  /** A job to begin from. */
  readonly from?: string;
}

export function judgeSearch(search: Search): JudgeSearch {
  return given({ from: text(search["from"]) });
}
