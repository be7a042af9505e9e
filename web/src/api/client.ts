import createClient from "openapi-fetch";
import type { Middleware } from "openapi-fetch";
import { ApiError } from "./errors";
import type { paths } from "./schema";

const SAFE = ["GET", "HEAD"];

let csrf: string | null = null;

/** What `GET /api/session` gave: it goes with everything that changes something. */
export function rememberCsrf(token: string | null): void {
  csrf = token;
}

const guarded: Middleware = {
  onRequest({ request }) {
    if (csrf !== null && !SAFE.includes(request.method)) request.headers.set("X-Benchbook-CSRF", csrf);
    return request;
  },
  onError({ error }) {
    return error instanceof DOMException && error.name === "AbortError"
      ? error
      : new Error("The server cannot be reached. Is `benchbook serve` running?", { cause: error });
  },
};

/** The API, with the types of its OpenAPI document. */
export const api = createClient<paths>({
  baseUrl: "/",
  fetch: asked,
  querySerializer: { array: { style: "form", explode: true } },
});
api.use(guarded);

/** What the server answers; one that was started anew knows no token of before, and is asked once more with its own. */
async function asked(request: Request): Promise<Response> {
  const again = SAFE.includes(request.method) ? null : request.clone();
  const answer = await fetch(request);
  if (again === null || answer.status !== 403) return answer;
  const session = await fetch("/api/session");
  const told = session.ok ? ((await session.json()) as { csrf: string | null }).csrf : csrf;
  if (told === null || told === csrf) return answer;
  rememberCsrf(told);
  again.headers.set("X-Benchbook-CSRF", told);
  return await fetch(again);
}

interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** The body of an answer, or what the API said against it. */
export async function bodyOf<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer;
  if (!response.ok) throw new ApiError(response.status, error);
  return data as T;
}

/** Sends a file; its name and type stay the browser's business. */
export async function upload(path: string, file: File): Promise<unknown> {
  const form = new FormData();
  form.append("file", file);
  const headers: Record<string, string> = csrf === null ? {} : { "X-Benchbook-CSRF": csrf };
  const response = await fetch(path, { method: "POST", body: form, headers });
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(response.status, body);
  return body;
}
