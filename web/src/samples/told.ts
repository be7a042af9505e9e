/** What scorers and judges keep of how they came to a verdict. A trace may hold anything: what is not as expected stays
in the rest. */

export type Told = Readonly<Record<string, unknown>>;

export interface Test {
  readonly test: string;
  readonly status: string;
  readonly hidden: boolean;
  readonly got: string;
  readonly error: string;
}

export interface Ballot {
  readonly order: string;
  readonly vote: number;
  readonly said: string | null;
  readonly confidence: number | null;
  readonly latency: number | null;
  readonly cost: number | null;
  readonly error: string | null;
}

export interface Quote {
  readonly from: string;
  readonly words: string;
  readonly note: string;
  readonly start: number | null;
}

const KNOWN = [
  ...["tests", "stdout", "stderr", "wall", "cpu", "peak_memory", "sandbox", "cheatable"],
  ...["ballots", "quotes", "issues", "flags"],
];

export function testsIn(trace: Told): Test[] {
  return listIn(trace, "tests").map((test) => ({
    test: textIn(test, "test"),
    status: textIn(test, "status"),
    hidden: test["hidden"] === true,
    got: textIn(test, "got"),
    error: textIn(test, "error"),
  }));
}

export function ballotsIn(trace: Told): Ballot[] {
  return listIn(trace, "ballots").map((ballot) => ({
    order: textIn(ballot, "order"),
    vote: numberIn(ballot, "vote") ?? 0,
    said: textIn(ballot, "said") || null,
    confidence: numberIn(ballot, "confidence"),
    latency: numberIn(ballot, "latency"),
    cost: numberIn(ballot, "cost"),
    error: textIn(ballot, "error") || null,
  }));
}

export function wordsIn(trace: Told): Quote[] {
  return [...listIn(trace, "issues"), ...listIn(trace, "quotes")].map((quote) => ({
    from: textIn(quote, "from").replace("_", " "),
    words: textIn(quote, "words"),
    note: textIn(quote, "note"),
    start: numberIn(quote, "start"),
  }));
}

export function flagsIn(trace: Told): string[] {
  return listIn(trace, "flags").map((flag) => `${textIn(flag, "item") || "the whole"}: ${textIn(flag, "reason")}`);
}

export function restOf(trace: Told): Told {
  return Object.fromEntries(Object.entries(trace).filter(([name]) => !KNOWN.includes(name)));
}

export function textIn(trace: Told, name: string): string {
  const value = trace[name];
  return typeof value === "string" ? value : "";
}

function numberIn(trace: Told, name: string): number | null {
  const value = trace[name];
  return typeof value === "number" ? value : null;
}

function listIn(trace: Told, name: string): Told[] {
  const value = trace[name];
  if (!Array.isArray(value)) return [];
  return value.filter((part): part is Told => typeof part === "object" && part !== null);
}
