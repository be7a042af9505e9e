import type { Search } from "~/ui/search";
import { given, text } from "~/ui/search";

export interface JudgingSearch {
  readonly criterion?: string;
}

export function judgingSearch(search: Search): JudgingSearch {
  return given({ criterion: text(search["criterion"]) });
}
