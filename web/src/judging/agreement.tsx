import type { Interval, JudgeAgreement } from "~/api/records";
import { coefficient, count, ends, hundredths, measure, percent } from "~/ui/figures";
import { Facts, Section } from "~/ui/page";
import { Calibration } from "./calibration";
import { CellSamples } from "./cell-samples";
import { isSame } from "./search";
import type { CellPlace } from "./search";
import styles from "./judging.module.css";

type Cell = JudgeAgreement["cells"][number];

interface AgreementProps {
  readonly run: string;
  readonly of: JudgeAgreement;
  readonly open: CellPlace | undefined;
  readonly onOpen: (cell: CellPlace | undefined) => void;
}

/** How far a judge agrees with people, or with execution, on one criterion; a cell shows its samples. */
export function Agreement({ run, of, open, onOpen }: AgreementProps) {
  const picked = of.cells.find((cell) => isSame(open, placeOf(of, cell)));
  return (
    <Section
      title={of.criterion}
      note={
        <>
          {of.judge} against {of.reference} (n {count(of.n)})
        </>
      }
    >
      <Facts
        facts={Object.entries(of.figures).map(([name, figure]) => [measure(name), <Measured key={name} of={figure} />])}
      />
      <div className={styles.two}>
        <Matrix of={of} picked={picked} onPick={(cell) => onOpen(cell && placeOf(of, cell))} />
        {of.calibration !== null && <Calibration of={of.calibration} />}
      </div>
      {of.correction !== null && (
        <p className={styles.corrected}>
          The judge alone says {percent(of.correction.judge)}; corrected by what {of.reference} say of{" "}
          {count(of.correction.labelled)} of these, it is <Measured of={of.correction.prediction_powered} share />.
        </p>
      )}
      {picked !== undefined && <CellSamples run={run} of={of} cell={picked} />}
    </Section>
  );
}

interface MatrixProps {
  readonly of: JudgeAgreement;
  readonly picked: Cell | undefined;
  readonly onPick: (cell: Cell | undefined) => void;
}

function Matrix({ of, picked, onPick }: MatrixProps) {
  const columns = [...new Set(of.cells.map((cell) => cell.judge))].sort();
  const rows = [...new Set(of.cells.map((cell) => cell.reference))].sort();
  const most = Math.max(1, ...of.cells.map((cell) => cell.n));
  return (
    <table className={styles.matrix}>
      <thead>
        <tr>
          <th scope="col">
            {of.reference} ↓ · {of.judge} →
          </th>
          {columns.map((column) => (
            <th key={column} scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row}>
            <th scope="row">{row}</th>
            {columns.map((column) => {
              const cell = of.cells.find((one) => one.judge === column && one.reference === row);
              if (cell === undefined || cell.n === 0) return <td key={column}>0</td>;
              return (
                <td key={column} style={{ background: `rgba(var(--heat), ${0.05 + 0.35 * (cell.n / most)})` }}>
                  <button
                    type="button"
                    aria-pressed={cell === picked}
                    aria-label={`${of.judge} said ${column}, ${of.reference} said ${row}: ${count(cell.n)}`}
                    onClick={() => onPick(cell === picked ? undefined : cell)}
                  >
                    {count(cell.n)}
                    {row === column ? "" : " ≠"}
                  </button>
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A figure with its interval; n stands in the heading. */
export function Measured({ of, share = false }: { readonly of: Interval; readonly share?: boolean }) {
  const interval = ends(of, share ? hundredths : coefficient);
  return (
    <span className="figures">
      <strong>{share ? percent(of.value) : coefficient(of.value)}</strong>
      {interval !== null && <span className="quiet"> {interval}</span>}
    </span>
  );
}

function placeOf({ criterion, judge, reference }: JudgeAgreement, cell: Cell): CellPlace {
  return [criterion, judge, reference, cell.judge, cell.reference];
}
