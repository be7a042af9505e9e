import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import type { Dataset } from "~/api/records";
import { count } from "~/ui/figures";
import { PagedGrid } from "~/ui/grid";
import type { Column } from "~/ui/grid";
import { Section } from "~/ui/page";
import { Empty } from "~/ui/states";
import { When } from "~/ui/when";
import { datasetsQuery } from "./queries";

/** Every data set that was read or ingested, in each of its versions. */
export function DatasetList() {
  const navigate = useNavigate();
  const datasets = useInfiniteQuery(datasetsQuery);
  return (
    <Section title="Data sets" note="kept under the hash of their content: a run never reads a moving source">
      <PagedGrid
        list={datasets}
        label="Data sets"
        columns={COLUMNS}
        keyOf={(dataset) => dataset.id}
        onOpen={(dataset) => void navigate({ to: "/data/datasets/$dataset", params: { dataset: dataset.id } })}
        empty={
          <Empty
            says="No data set has been read yet: the first run of a task reads its data, and a file of answers is ingested."
            command="benchbook ingest FILE.jsonl --name my-answers"
          />
        }
      />
    </Section>
  );
}

const COLUMNS: readonly Column<Dataset>[] = [
  {
    id: "name",
    header: "Name",
    width: "minmax(140px, 1.5fr)",
    cell: (dataset) => (
      <Link to="/data/datasets/$dataset" params={{ dataset: dataset.id }} className="link">
        {dataset.name}
      </Link>
    ),
  },
  { id: "size", header: "Samples", width: "84px", right: true, cell: (dataset) => count(dataset.size) },
  {
    id: "slices",
    header: "Slices",
    width: "minmax(120px, 1.5fr)",
    wide: true,
    cell: (dataset) => dataset.slices.join(", "),
  },
  { id: "reader", header: "Read by", width: "140px", wide: true, cell: (dataset) => dataset.reader.name },
  { id: "version", header: "Version", width: "110px", cell: (dataset) => <code>{dataset.version.slice(0, 12)}</code> },
  {
    id: "when",
    header: "Kept",
    width: "96px",
    right: true,
    wide: true,
    cell: (dataset) => <When at={dataset.created_at} />,
  },
];
