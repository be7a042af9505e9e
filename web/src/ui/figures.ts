/** Figures as people read them. */

const THIN = "\u202f";
const MINUS = "\u2212";
const NONE = "–";

export interface Interval {
  readonly low: number | null | undefined;
  readonly high: number | null | undefined;
}

export function count(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, THIN);
}

export function percent(value: number | null | undefined, digits = 1): string {
  return value === null || value === undefined ? NONE : `${signed((value * 100).toFixed(digits))}${THIN}%`;
}

/** `+3.1 pp`: a difference of two shares. */
export function points(value: number | null | undefined, digits = 1): string {
  if (value === null || value === undefined) return NONE;
  const text = (value * 100).toFixed(digits);
  return `${Number(text) > 0 ? "+" : ""}${signed(text)}`;
}

/** Both ends of an interval, for those of shares are not as far off to either side; null where there is none. */
export function ends({ low, high }: Interval, told: (figure: number) => string): string | null {
  if (low === null || low === undefined || high === null || high === undefined) return null;
  return `[${told(low)}, ${told(high)}]`;
}

/** A share in percent, without the sign. */
export function hundredths(share: number): string {
  return (share * 100).toFixed(1);
}

export function coversZero({ low, high }: Interval): boolean {
  return low === null || low === undefined || high === null || high === undefined || (low <= 0 && high >= 0);
}

export function decimal(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined) return NONE;
  return signed(Number.isInteger(value) ? value.toString() : Number(value.toPrecision(digits)).toString());
}

export function money(value: number | null | undefined, unit = "$"): string {
  if (value === null || value === undefined) return NONE;
  if (value === 0) return `${unit}0`;
  return value < 0.01 ? `<${unit}0.01` : `${unit}${value.toFixed(value < 100 ? 2 : 0)}`;
}

export function seconds(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  if (value < 0.001) return `<1${THIN}ms`;
  if (value < 1) return `${Math.round(value * 1000)}${THIN}ms`;
  if (value < 60) return `${value.toFixed(value < 10 ? 2 : 1)}${THIN}s`;
  const minutes = Math.floor(value / 60);
  if (minutes < 60) return `${minutes}${THIN}min\u00a0${Math.round(value % 60)}${THIN}s`;
  return `${Math.floor(minutes / 60)}${THIN}h\u00a0${minutes % 60}${THIN}min`;
}

interface Worked {
  readonly started_at?: string | null;
  readonly finished_at?: string | null;
}

/** Seconds from the beginning to the end. */
export function lasted({ started_at, finished_at }: Worked): number | null {
  if (started_at == null || finished_at == null) return null;
  return (Date.parse(finished_at) - Date.parse(started_at)) / 1000;
}

export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = value;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? size : size.toFixed(1)}${THIN}${units[unit] ?? ""}`;
}

/** What is known of agreement by its name. */
const MEASURES: Readonly<Record<string, string>> = {
  accuracy: "the same",
  kappa: "Cohen’s κ",
  fleiss: "Fleiss’ κ",
  alpha: "Krippendorff’s α",
  ac1: "Gwet’s AC1",
  ac2: "Gwet’s AC2",
  spearman: "Spearman’s ρ",
  mcc: "Matthews’ φ",
  f1: "F1",
};

export function measure(name: string): string {
  return MEASURES[name] ?? name.replaceAll("_", " ");
}

/** A measure of agreement: three places behind the point say all that its interval allows. */
export function coefficient(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : signed(Number(value.toFixed(3)).toString());
}

/** `p < 0.001`, `p 0.042`. */
export function probability(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  return value < 0.001 ? "p < 0.001" : `p ${value.toFixed(3)}`;
}

/** `3 min ago`; the absolute time stands beside it, on hover. */
export function ago(then: Date, now: Date): string {
  const past = (now.getTime() - then.getTime()) / 1000;
  if (past < 0) return `in ${span(-past)}`;
  return past < 10 ? "just now" : `${span(past)} ago`;
}

const WORDS = ["year", "month", "day"];

function span(value: number): string {
  const steps: readonly [number, string][] = [
    [86400 * 365, "year"],
    [86400 * 30, "month"],
    [86400, "day"],
    [3600, "h"],
    [60, "min"],
    [1, "s"],
  ];
  const [size, name] = steps.find(([size]) => value >= size) ?? [1, "s"];
  const number = Math.floor(value / size);
  return `${number} ${name}${WORDS.includes(name) && number !== 1 ? "s" : ""}`;
}

function signed(text: string): string {
  return text.startsWith("-") ? MINUS + text.slice(1) : text;
}
