import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Overview } from "~/api/records";
import { count } from "~/ui/figures";
import { Page, Section } from "~/ui/page";
import { Empty, Failure, Rows } from "~/ui/states";
import { ActiveRuns } from "./active-runs";
import { FailedRuns } from "./failed-runs";
import { NewestExperiments } from "./newest-experiments";
import { overviewQuery } from "./queries";
import styles from "./dashboard.module.css";

/** What is under way, what is new, what failed. */
export function DashboardPage() {
  const overview = useQuery(overviewQuery);
  return (
    <Page
      title="Dashboard"
      actions={
        <Button variant="filled" renderRoot={(props) => <Link to="/experiments/new" {...props} />}>
          New experiment
        </Button>
      }
    >
      {overview.error !== null ? (
        <Failure error={overview.error} onRetry={() => void overview.refetch()} />
      ) : overview.data === undefined ? (
        <Rows />
      ) : (
        <Glance overview={overview.data} />
      )}
    </Page>
  );
}

function Glance({ overview }: { readonly overview: Overview }) {
  if (overview.experiments.length === 0) {
    return (
      <Section title="Nothing here yet">
        <Empty
          says="Run a first evaluation: two small models on built-in Python problems."
          command="benchbook eval configs/eval_v1.yaml"
          action={
            <Link to="/experiments/new" className="link">
              Or start one from a form
            </Link>
          }
        />
      </Section>
    );
  }
  return (
    <>
      <Counts statuses={overview.statuses} />
      <ActiveRuns active={overview.active} />
      <div className={styles.columns}>
        <NewestExperiments experiments={overview.experiments} />
        <FailedRuns runs={overview.failed} />
      </div>
    </>
  );
}

const SHOWN = ["running", "queued", "completed", "interrupted", "failed"] as const;

function Counts({ statuses }: { readonly statuses: Overview["statuses"] }) {
  return (
    <div className={styles.counts}>
      {SHOWN.map((status) => (
        <Link key={status} to="/runs" search={{ status }} className={styles.count} data-status={status}>
          <strong data-none={(statuses[status] ?? 0) === 0 || undefined}>{count(statuses[status] ?? 0)}</strong>{" "}
          {status}
        </Link>
      ))}
    </div>
  );
}
