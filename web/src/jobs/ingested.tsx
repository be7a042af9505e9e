import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Job } from "~/api/records";
import { count } from "~/ui/figures";
import { Facts, Section } from "~/ui/page";
import { Visible } from "~/ui/text/plain-text";
import { numberIn, objectsIn, textIn, textsIn } from "./evaluated";
import styles from "./jobs.module.css";

interface IngestedProps {
  readonly job: Job;
  readonly result: NonNullable<Job["result"]>;
}

/** What came of a file: a data set, a finished run for each model, people's scores; and what was left out. */
export function Ingested({ job, result }: IngestedProps) {
  const runs = textsIn(result, "runs");
  const rejected = objectsIn(result, "rejected");
  const overlooked = Object.entries(result["not_taken_over"] ?? {});
  const many = numberIn(result, "rejected_rows") ?? 0;
  return (
    <>
      <Section title="What came of it" note={result["new"] === false ? "the same as was here already" : undefined}>
        <Facts
          facts={[
            [
              "Data set",
              <Link
                key="dataset"
                to="/data/datasets/$dataset"
                params={{ dataset: textIn(result, "dataset") }}
                className="link"
              >
                {textIn(job.spec, "name") || textIn(result, "dataset")}
              </Link>,
            ],
            ["Rows", count(numberIn(result, "rows") ?? 0)],
            ["Models", count(runs.length)],
            ["People’s scores", count(numberIn(result, "human_scores") ?? 0)],
            ["Rejected rows", count(many)],
          ]}
        />
        <div className={styles.next}>
          {runs.length > 0 && (
            <Button
              variant="filled"
              renderRoot={(props) => <Link to="/experiments/new" search={{ judge: runs.join(",") }} {...props} />}
            >
              Judge these answers
            </Button>
          )}
          <Button
            renderRoot={(props) => (
              <Link to="/experiments/$experiment" params={{ experiment: textIn(result, "experiment") }} {...props} />
            )}
          >
            Show the answers
          </Button>
        </div>
      </Section>
      {many > 0 && (
        <Section title="Rejected rows" note={many > rejected.length ? `the first ${rejected.length}` : undefined}>
          <ul className={styles.list}>
            {rejected.map((row, index) => (
              <li key={index}>
                <Visible
                  text={Object.entries(row)
                    .map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`)
                    .join(" · ")}
                />
              </li>
            ))}
          </ul>
        </Section>
      )}
      {overlooked.length > 0 && (
        <Section title="Not taken over" note="fields of the file that have no place here">
          <ul className={styles.list}>
            {overlooked.map(([field, what]) => (
              <li key={field}>
                <Visible text={`${field}: ${typeof what === "string" ? what : JSON.stringify(what)}`} />
              </li>
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}
