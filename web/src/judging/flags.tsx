import { Link } from "@tanstack/react-router";
import type { FlagCount } from "~/api/records";
import { count } from "~/ui/figures";
import { Section } from "~/ui/page";
import { Empty } from "~/ui/states";
import styles from "./judging.module.css";

/** What speaks for having a person look at it, by rule. */
export function Flags({ flags }: { readonly flags: readonly FlagCount[] }) {
  return (
    <Section title="Flags" note="why a person should look">
      {flags.length === 0 ? (
        <Empty says="Nothing was flagged." />
      ) : (
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Answers</th>
              <th scope="col">Rule</th>
              <th scope="col">About</th>
              <th scope="col">For example</th>
              <th scope="col">Where</th>
            </tr>
          </thead>
          <tbody>
            {flags.map((flag) => (
              <tr key={`${flag.rule} ${flag.item}`}>
                <td>{count(flag.n)}</td>
                <td>{flag.rule.replaceAll("_", " ")}</td>
                <td>{flag.item === "" ? "the whole" : flag.item}</td>
                <td>{flag.reason}</td>
                <td>
                  {flag.places.slice(0, 6).map((place) => (
                    <Link
                      key={`${place.run_id} ${place.position} ${place.epoch}`}
                      to="/runs/$run/samples/$position/$epoch"
                      params={{ run: place.run_id, position: String(place.position), epoch: String(place.epoch) }}
                      className={`link ${styles.named ?? ""}`}
                    >
                      {place.position + 1}
                    </Link>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}
