import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import type { RunWhole, SampleRow } from "~/api/records";
import { sampleFilters, samplesQuery } from "~/ui/sample-list";
import { PagedGrid } from "~/ui/grid";
import { Section } from "~/ui/page";
import { given, partsOf } from "~/ui/search";
import { Empty, Unmatched } from "~/ui/states";
import { useKeys } from "~/ui/use-keys";
import { ColumnChoice } from "./column-choice";
import { Peek } from "./peek";
import { columnsFor, usualOf } from "./sample-columns";
import { SampleFilters } from "./sample-filters";
import styles from "./runs.module.css";
import type { RunSearch } from "./search";

const route = getRouteApi("/app/runs/$run");

/** Every answer of the run, as they come: filtered, searched, sorted, and all of that in the address. */
export function SamplesTab({ whole }: { readonly whole: RunWhole }) {
  const search = route.useSearch();
  const navigate = useNavigate();
  const filters = sampleFilters({ ...search });
  const samples = useInfiniteQuery(samplesQuery(whole.run.id, filters));
  const columns = useMemo(() => columnsFor(whole), [whole]);
  const usual = useMemo(() => usualOf(columns), [columns]);
  const chosen = search.columns === undefined ? usual : partsOf(search.columns);
  // What was chosen is shown, however narrow the page is.
  const shown = columns
    .filter(({ id }) => id === "position" || chosen.includes(id))
    .map((column) => (search.columns === undefined ? column : { ...column, wide: false }));
  const change = (to: RunSearch) =>
    void navigate({
      to: "/runs/$run",
      params: { run: whole.run.id },
      search: given({ ...search, ...to }),
      replace: true,
    });
  const open = ({ position, epoch }: SampleRow) =>
    void navigate({
      to: "/runs/$run/samples/$position/$epoch",
      params: { run: whole.run.id, position: String(position), epoch: String(epoch) },
      search: filters,
    });
  const peek = (row: SampleRow) => change({ peek: search.peek === keyOf(row) ? undefined : keyOf(row) });
  useKeys({
    failed: () => change({ failed: search.failed === true ? undefined : true }),
    ...(search.peek !== undefined && { closePeek: () => change({ peek: undefined }) }),
  });
  return (
    <div>
      <SampleFilters whole={whole} search={search} onChange={change} />
      <Section
        title="Samples"
        note="j and k move, Enter opens, p shows beside, / searches"
        actions={
          <ColumnChoice columns={columns} shown={chosen} onChange={(ids) => change({ columns: ids?.join(",") })} />
        }
      >
        <div className={styles.beside} data-peeks={search.peek !== undefined}>
          <PagedGrid
            list={samples}
            label="Samples"
            columns={shown}
            keyOf={keyOf}
            onPeek={peek}
            peeked={search.peek}
            sort={sortOf(search)}
            onSort={(by) => change(sortedBy(by, whole))}
            onOpen={open}
            empty={
              isFiltered(search) ? (
                <Unmatched
                  says="No sample is like that."
                  onShowAll={() => void navigate({ to: "/runs/$run", params: { run: whole.run.id }, search: {} })}
                />
              ) : (
                <Empty says="No sample has been answered yet." />
              )
            }
          />
          {search.peek !== undefined && (
            <Peek run={whole.run.id} place={search.peek} onClose={() => change({ peek: undefined })} />
          )}
        </div>
      </Section>
    </div>
  );
}

function keyOf({ position, epoch }: SampleRow): string {
  return `${position}/${epoch}`;
}

function sortOf({ sort, descending, score }: RunSearch): string {
  const by = sort === "score" && score !== undefined ? `score:${score}` : (sort ?? "position");
  return descending === true ? `-${by}` : by;
}

function sortedBy(by: string, whole: RunWhole): RunSearch {
  const descending = by.startsWith("-") ? true : undefined;
  const name = by.replace(/^-/, "");
  if (!name.startsWith("score:")) return { sort: name === "position" ? undefined : (name as "latency"), descending };
  const score = name.slice("score:".length);
  return whole.scores.some((facet) => facet.name === score) ? { sort: "score", score, descending } : {};
}

function isFiltered(search: RunSearch): boolean {
  const { slice, at_least, at_most, label, failed, q } = search;
  return [slice, at_least, at_most, label, failed, q].some((filter) => filter !== undefined);
}
