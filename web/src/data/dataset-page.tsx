import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import type { DatasetWhole, SampleBrief } from "~/api/records";
import { count } from "~/ui/figures";
import { PagedGrid } from "~/ui/grid";
import type { Column } from "~/ui/grid";
import { Facts, Page, Section } from "~/ui/page";
import { Empty, Failure, Rows } from "~/ui/states";
import { Status } from "~/ui/status";
import { Visible } from "~/ui/text/plain-text";
import { When } from "~/ui/when";
import { DataSample } from "./data-sample";
import { briefsQuery, datasetQuery } from "./queries";
import styles from "./data.module.css";

const route = getRouteApi("/app/data/datasets/$dataset");

/** One version of a data set: what is in it, and which runs were asked it. */
export function DatasetPage() {
  const { dataset: id } = route.useParams();
  const dataset = useQuery(datasetQuery(id));
  if (dataset.data !== undefined) return <Whole whole={dataset.data} />;
  return (
    <Page title="Data set" path={<Link to="/data">Data</Link>}>
      {dataset.error !== null ? <Failure error={dataset.error} onRetry={() => void dataset.refetch()} /> : <Rows />}
    </Page>
  );
}

function Whole({ whole: { dataset, runs } }: { readonly whole: DatasetWhole }) {
  const { sample } = route.useSearch();
  const navigate = useNavigate();
  const briefs = useInfiniteQuery(briefsQuery(dataset.id));
  return (
    <Page title={dataset.name} path={<Link to="/data">Data</Link>}>
      <Section title="What it is">
        <Facts
          facts={[
            ["Samples", count(dataset.size)],
            ["Slices", dataset.slices.join(", ") || "–"],
            ["Read by", dataset.reader.name],
            ["Kept", <When key="kept" at={dataset.created_at} />],
            ["Version", <code key="version">{dataset.version.slice(0, 24)}</code>],
          ]}
        />
      </Section>
      <Section title="Runs that were asked it" note={runs.length === 0 ? "none" : undefined}>
        <ul className={styles.runs}>
          {runs.map((run) => (
            <li key={run.id}>
              <Status of={run.status} />
              <Link to="/runs/$run" params={{ run: run.id }} className="link">
                {run.model}
              </Link>
              <span className="quiet">{run.experiment}</span>
              <When at={run.created_at} />
            </li>
          ))}
        </ul>
      </Section>
      <Section title="Samples" note="Enter shows one in full">
        <PagedGrid
          list={briefs}
          label="Samples"
          columns={COLUMNS}
          keyOf={(brief) => brief.id}
          height="min(50vh, 600px)"
          onOpen={(brief) =>
            void navigate({
              to: "/data/datasets/$dataset",
              params: { dataset: dataset.id },
              search: { sample: brief.position },
              replace: true,
            })
          }
          empty={<Empty says="This data set is empty." />}
        />
      </Section>
      {sample !== undefined && <DataSample dataset={dataset.id} position={sample} />}
    </Page>
  );
}

const COLUMNS: readonly Column<SampleBrief>[] = [
  { id: "position", header: "#", width: "52px", cell: (brief) => brief.position + 1 },
  { id: "key", header: "Sample", width: "minmax(100px, 0.6fr)", cell: (brief) => <Visible text={brief.key} /> },
  { id: "input", header: "Prompt", width: "minmax(140px, 2.5fr)", cell: (brief) => <Visible text={brief.input} /> },
  { id: "slices", header: "Slice", width: "110px", wide: true, cell: (brief) => brief.slices.join(", ") },
];
