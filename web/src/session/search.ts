import type { Search } from "~/ui/search";
import { text } from "~/ui/search";

export interface LoginSearch {
  /** Where one wanted to go. */
  readonly to?: string;
  /** Of the one-time link. */
  readonly token?: string;
}

export function loginSearch(search: Search): LoginSearch {
  const to = text(search["to"]);
  const token = text(search["token"]);
  // Only ways of our own: `//elsewhere.example` is not one.
  const own = to !== undefined && /^\/(?![/\\])/.test(to) ? to : undefined;
  return { ...(own !== undefined && { to: own }), ...(token !== undefined && { token }) };
}
