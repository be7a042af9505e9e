import type { Measured } from "./figure";
import { Change, SURE } from "./figure";
import styles from "./bars.module.css";

export interface Bar extends Measured {
  readonly p?: number | null;
}

interface BarsProps {
  readonly label: string;
  readonly bars: readonly Bar[];
  readonly picked?: string | undefined;
  readonly onPick: (name: string) => void;
  /** Whether less is better. */
  readonly smaller?: boolean;
}

/** Differences as bars to both sides of zero, with their intervals; hatched where they may be chance. */
export function Bars({ label, bars, picked, onPick, smaller = false }: BarsProps) {
  const widest = Math.max(
    0.02,
    ...bars.flatMap((bar) => [bar.value, bar.low, bar.high].map((side) => Math.abs(side ?? 0))),
  );
  const place = (value: number) => 50 + (value / widest) * 48;
  return (
    <ul className={styles.bars} aria-label={label}>
      {bars.map((bar) => {
        const value = bar.value ?? 0;
        const [low, high] = [bar.low ?? value, bar.high ?? value];
        const sure = (bar.p ?? 0) < SURE;
        const side = !sure || (low <= 0 && high >= 0) ? "open" : value > 0 !== smaller ? "good" : "bad";
        return (
          <li key={bar.name}>
            <button
              type="button"
              aria-pressed={picked === bar.name}
              className={styles.bar}
              onClick={() => onPick(bar.name)}
            >
              <span className={styles.name}>{bar.name}</span>
              <span className={styles.track} aria-hidden>
                <span className={styles.zero} />
                <span
                  className={styles.fill}
                  data-side={side}
                  style={{ left: `${Math.min(50, place(value))}%`, width: `${Math.abs(place(value) - 50)}%` }}
                />
                <span
                  className={styles.range}
                  style={{ left: `${place(low)}%`, width: `${place(high) - place(low)}%` }}
                />
              </span>
              <Change value={bar.value} low={bar.low} high={bar.high} n={bar.n} p={bar.p} smaller={smaller} />
            </button>
          </li>
        );
      })}
    </ul>
  );
}
