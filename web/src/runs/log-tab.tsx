import { useQuery } from "@tanstack/react-query";
import { Empty, Failure, Rows } from "~/ui/states";
import { Section } from "~/ui/page";
import { Visible } from "~/ui/text/plain-text";
import { logQuery } from "./queries";
import styles from "./runs.module.css";

const SHOWN = 60_000;

/** What the run's process wrote: the end of it, as it grows. */
export function LogTab({ run, active }: { readonly run: string; readonly active: boolean }) {
  const log = useQuery({ ...logQuery(run), refetchInterval: active ? 2000 : false });
  if (log.error !== null) return <Failure error={log.error} onRetry={() => void log.refetch()} />;
  if (log.data === undefined) return <Rows />;
  return (
    <Section title="Log" note={active ? "follows the run" : undefined}>
      {log.data.text === "" ? (
        <None />
      ) : (
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keyboard
        <pre className={styles.log} tabIndex={0} aria-label="Log">
          {log.data.text.length > SHOWN && <span className="quiet">… the beginning is left out …{"\n"}</span>}
          <Visible text={log.data.text.slice(-SHOWN)} />
        </pre>
      )}
    </Section>
  );
}

function None() {
  return <Empty says="The run has no log: it was carried out by the command line, or has not begun." />;
}
