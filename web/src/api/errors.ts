/** What the API says when it does not do what was asked. */
export class ApiError extends Error {
  readonly status: number;
  readonly kind: string;
  readonly field: readonly (string | number)[];
  readonly line: number | null;
  readonly hint: string | null;

  constructor(status: number, body: unknown) {
    const told = toldIn(body);
    super(told.message ?? `The server answered ${status}.`);
    this.name = "ApiError";
    this.status = status;
    this.kind = told.kind ?? "Error";
    this.field = told.field ?? [];
    this.line = told.line ?? null;
    this.hint = told.hint ?? null;
  }
}

interface Told {
  kind?: string;
  message?: string;
  field?: (string | number)[];
  line?: number;
  hint?: string;
}

function toldIn(body: unknown): Told {
  if (typeof body !== "object" || body === null || !("error" in body)) return {};
  const { error } = body;
  return typeof error === "object" && error !== null ? error : {};
}
