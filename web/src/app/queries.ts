import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { notifications } from "@mantine/notifications";
import { ApiError } from "~/api/errors";

/** The cache of what the server said. Who is not logged in any more is asked to be. */
export const queries = new QueryClient({
  queryCache: new QueryCache({ onError: askToLogIn }),
  mutationCache: new MutationCache({
    onError: (error, _variables, _context, mutation) => {
      askToLogIn(error);
      if (mutation.meta?.["quiet"] !== true) notifications.show({ message: error.message, color: "red" });
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (times, error) => times < 2 && !(error instanceof ApiError && error.status < 500),
    },
  },
});

function askToLogIn(error: Error): void {
  if (error instanceof ApiError && error.status === 401) void queries.invalidateQueries({ queryKey: ["session"] });
}
