import { useQuery } from "@tanstack/react-query";
import { Section } from "~/ui/page";
import { Failure, Rows } from "~/ui/states";
import { PlainText } from "~/ui/text/plain-text";
import { dataSampleQuery } from "./queries";
import styles from "./data.module.css";

/** One sample as it was read. */
export function DataSample({ dataset, position }: { readonly dataset: string; readonly position: number }) {
  const sample = useQuery(dataSampleQuery(dataset, position));
  return (
    <Section title={`Sample ${position + 1}`}>
      {sample.error !== null ? (
        <Failure error={sample.error} />
      ) : sample.data === undefined ? (
        <Rows rows={4} />
      ) : (
        <div className={styles.body}>
          {Object.entries(sample.data.row)
            .filter(([, value]) => !isNothing(value))
            .map(([name, value]) => (
              <div key={name}>
                <h3>{name}</h3>
                <PlainText text={typeof value === "string" ? value : JSON.stringify(value, null, 2)} />
              </div>
            ))}
        </div>
      )}
    </Section>
  );
}

/** Slices, tags and the like that the row does not have. */
function isNothing(value: unknown): boolean {
  return value === null || (typeof value === "object" && Object.keys(value).length === 0);
}
