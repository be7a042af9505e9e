import type { Search } from "~/ui/search";
import { given, text } from "~/ui/search";

export interface LoginSearch {
  /** Where one wanted to go. */
  readonly to?: string;
}

export function loginSearch(search: Search): LoginSearch {
  const to = text(search["to"]);
  // Only ways of our own: `//elsewhere.example` is not one.
  return given({ to: to !== undefined && /^\/(?![/\\])/.test(to) ? to : undefined });
}
