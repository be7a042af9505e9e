import type { PanelAgreement } from "~/api/records";
import { count, measure } from "~/ui/figures";
import { Section } from "~/ui/page";
import { Measured } from "./agreement";
import styles from "./judging.module.css";

/** How far several raters agree with each other. */
export function Panels({ panels }: { readonly panels: readonly PanelAgreement[] }) {
  return (
    <Section title="Among themselves" note="judges of a panel, or people">
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Criterion</th>
            <th scope="col">Who</th>
            <th scope="col">Figures</th>
            <th scope="col">n</th>
          </tr>
        </thead>
        <tbody>
          {panels.map((panel) => (
            <tr key={`${panel.criterion} ${panel.kind} ${panel.raters.join()}`}>
              <td>{panel.criterion}</td>
              <td>{panel.raters.join(", ")}</td>
              <td>
                {Object.entries(panel.figures).map(([name, figure]) => (
                  <span key={name} className={styles.named}>
                    <span className="quiet">{measure(name)}</span> <Measured of={figure} />
                  </span>
                ))}
              </td>
              <td>{count(panel.n)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}
