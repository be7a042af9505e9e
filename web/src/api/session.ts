import { queryOptions } from "@tanstack/react-query";
import { api, bodyOf, rememberCsrf } from "./client";
import type { Scope, SessionFacts } from "./records";

/** Who is logged in, and what they may do. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async (): Promise<SessionFacts> => {
    const session = await bodyOf(api.GET("/api/session"));
    rememberCsrf(session.csrf);
    return session;
  },
  staleTime: 60_000,
  retry: false,
});

/** Whether whoever is logged in may do what needs this scope. */
export function may(session: SessionFacts | undefined, scope: Scope): boolean {
  return session?.scopes.includes(scope) ?? false;
}
