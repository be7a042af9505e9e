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
export const api = createClient<paths>({ baseUrl: "/", querySerializer: { array: { style: "form", explode: true } } });
api.use(guarded);

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
