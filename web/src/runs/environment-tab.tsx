import type { Attempt, RunWhole } from "~/api/records";
import { Facts, Section } from "~/ui/page";
import { Command, Empty } from "~/ui/states";
import { Status } from "~/ui/status";
import { When } from "~/ui/when";
import styles from "./runs.module.css";

/** Under which circumstances the run was carried out, and how it is done once more. */
export function EnvironmentTab({ whole }: { readonly whole: RunWhole }) {
  const { run, attempts, reproduce } = whole;
  return (
    <div className={styles.tabs}>
      <Section title="Reproduce">
        {reproduce === null ? (
          <Empty says="This run was carried out elsewhere, and ingested: it cannot be repeated here." />
        ) : (
          <div className={styles.json}>
            <Command command={reproduce} />
          </div>
        )}
      </Section>
      <Section title="Environment" note="of the last attempt">
        {Object.keys(run.environment).length === 0 ? (
          <Empty says="The run has not begun." />
        ) : (
          <Facts facts={Object.entries(run.environment)} />
        )}
      </Section>
      {attempts.toReversed().map((attempt) => (
        <AttemptFacts key={attempt.attempt} attempt={attempt} />
      ))}
    </div>
  );
}

function AttemptFacts({ attempt }: { readonly attempt: Attempt }) {
  const { ready, traffic } = attempt;
  return (
    <Section
      title={`Attempt ${attempt.attempt}`}
      note={
        <>
          begun <When at={attempt.started_at} />
          {attempt.finished_at !== null && (
            <>
              , ended <When at={attempt.finished_at} />
            </>
          )}
        </>
      }
      actions={attempt.status !== null && <Status of={attempt.status} />}
    >
      {attempt.error !== null && <p className={styles.error}>{attempt.error}</p>}
      <Facts
        facts={[...flat(ready), ...flat(traffic)].map(([name, value]) => [name.replaceAll("_", " "), value] as const)}
      />
    </Section>
  );
}

/** Nested facts as one list: `model.sha256`. */
function flat(value: unknown, path = ""): (readonly [string, string])[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return [[path, typeof value === "string" ? value : JSON.stringify(value)]];
  }
  return Object.entries(value).flatMap(([name, part]) => flat(part, path === "" ? name : `${path}.${name}`));
}
