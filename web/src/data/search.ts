import type { Search } from "~/ui/search";
import { given, number, oneOf, text } from "~/ui/search";

export const TABS = ["datasets", "tasks", "rubrics", "models", "plugins", "presets", "prompts"] as const;

export interface DataSearch {
  readonly tab?: (typeof TABS)[number];
  /** Which of the list is shown in full. */
  readonly name?: string;
}

export function dataSearch(search: Search): DataSearch {
  return given({ tab: oneOf(search["tab"], TABS), name: text(search["name"]) });
}

export interface DatasetSearch {
  /** The place of the sample that is shown in full, from 0. */
  readonly sample?: number;
}

export function datasetSearch(search: Search): DatasetSearch {
  return given({ sample: number(search["sample"]) });
}
