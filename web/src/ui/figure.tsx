import { Tooltip } from "@mantine/core";
import { ArrowDown, ArrowUp, Equal } from "lucide-react";
import { count, coversZero, decimal, ends, hundredths, money, percent, points, probability, seconds } from "./figures";
import styles from "./figure.module.css";

export interface Measured {
  readonly name: string;
  readonly value: number | null;
  readonly low?: number | null;
  readonly high?: number | null;
  readonly n: number;
  readonly excluded?: number;
}

/** A figure is never alone: its interval and how many samples stand behind it come along. */
export function Figure({ of, bar = false }: { readonly of: Measured; readonly bar?: boolean }) {
  const interval = intervalOf(of);
  return (
    <Tooltip label={told(of)} multiline maw={280}>
      <span className={styles.figure}>
        <strong>{formatted(of.name, of.value)}</strong>
        {interval !== null && <span className={styles.interval}>{interval}</span>}
        <span className={styles.n}>(n {count(of.n)})</span>
        {bar && isShare(of.name) && <IntervalBar of={of} />}
      </span>
    </Tooltip>
  );
}

/** The figure and its interval on a line from 0 to 1. */
export function IntervalBar({ of }: { readonly of: Measured }) {
  if (of.value === null) return null;
  const low = of.low ?? of.value;
  const high = of.high ?? of.value;
  return (
    <svg className={styles.bar} viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden>
      <rect x="0" y="3" width="100" height="2" className={styles.track} />
      <rect x={low * 100} y="1.5" width={Math.max((high - low) * 100, 0.8)} height="5" className={styles.range} />
      <rect x={of.value * 100 - 0.8} y="0" width="1.6" height="8" className={styles.point} />
    </svg>
  );
}

/** Above this p, corrected where several are looked at, a difference may be chance. */
export const SURE = 0.05;

interface ChangeProps {
  readonly value: number | null;
  readonly low?: number | null | undefined;
  readonly high?: number | null | undefined;
  readonly n: number;
  readonly p?: number | null | undefined;
  /** Whether less is better. */
  readonly smaller?: boolean;
}

/** A difference of two shares, with its interval; better or worse is said only when that is no chance. */
export function Change({ value, low, high, n, p, smaller = false }: ChangeProps) {
  const undecided = value === null || coversZero({ low, high }) || (p ?? 0) >= SURE;
  const side = undecided ? "open" : value > 0 !== smaller ? "good" : "bad";
  const Icon = undecided ? Equal : value > 0 ? ArrowUp : ArrowDown;
  return (
    <span className={styles.change} data-side={side}>
      <Icon size={13} aria-hidden />
      <strong>{points(value)}</strong>
      {low !== null && low !== undefined && high !== null && high !== undefined && (
        <span className={styles.interval}>
          [{points(low)}, {points(high)}]
        </span>
      )}
      <span className={styles.n}>
        (n {count(n)}
        {p !== undefined && p !== null && `, ${probability(p)}`})
      </span>
      <span className={styles.said}>
        {side === "open" ? "no clear difference" : side === "good" ? "better" : "worse"}
      </span>
    </span>
  );
}

/** The interval of a figure in brackets; null where there is none. */
export function intervalOf({ name, value, low, high }: Measured): string | null {
  if (value === null) return null;
  return ends({ low, high }, isShare(name) ? hundredths : (figure) => formatted(name, figure));
}

export function formatted(name: string, value: number | null): string {
  if (/^(latency|exec|duration|first_token)_/.test(name)) return seconds(value);
  if (/^label\.|_tokens$|^(generations|errors|cached|unread)$/.test(name)) return count(value);
  if (name === "cost" || name === "saved") return money(value);
  if (name === "cost_per_sample" && value !== null) return `$${decimal(value)}`;
  return isShare(name) ? percent(value) : decimal(value);
}

export function isShare(name: string): boolean {
  return /^(accuracy|mean|pass[@^]\d+|\w+_rate|\w+_share)$/.test(name);
}

function told(of: Measured): string {
  const { name, value, low, high, n, excluded = 0 } = of;
  const interval =
    low === null || low === undefined || high === null || high === undefined
      ? "no interval"
      : `95 % interval ${formatted(name, low)} to ${formatted(name, high)}`;
  return `${name}: ${formatted(name, value)}, ${interval}, ${count(n)} samples${excluded > 0 ? `, ${count(excluded)} without a verdict left out` : ""}`;
}
