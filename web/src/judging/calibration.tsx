import type { JudgeAgreement } from "~/api/records";
import { count, percent } from "~/ui/figures";
import { Measured } from "./agreement";
import styles from "./judging.module.css";

type Figures = NonNullable<JudgeAgreement["calibration"]>;

/** How often the judge is right when it is so sure: on the diagonal it knows itself. */
export function Calibration({ of }: { readonly of: Figures }) {
  return (
    <figure className={styles.calibration}>
      <svg viewBox="0 0 120 120" role="img" aria-label="How often the judge is right, by how sure it is">
        <rect x="10" y="10" width="100" height="100" className={styles.frame} />
        <line x1="10" y1="110" x2="110" y2="10" className={styles.diagonal} />
        {of.bins.map((bin) => (
          <g key={bin.low}>
            <line
              x1={10 + bin.confidence * 100}
              x2={10 + bin.confidence * 100}
              y1={110 - bin.rate_low * 100}
              y2={110 - bin.rate_high * 100}
              className={styles.whisker}
            />
            <circle cx={10 + bin.confidence * 100} cy={110 - bin.rate * 100} r="2.5" className={styles.dot}>
              <title>{`${percent(bin.confidence)} sure, right ${percent(bin.rate)} (n ${count(bin.n)})`}</title>
            </circle>
          </g>
        ))}
      </svg>
      <figcaption>
        Calibration (n {count(of.n)}): error <Measured of={of.ece} />, Brier <Measured of={of.brier} />
      </figcaption>
    </figure>
  );
}
