import { Button, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { ArrowLeftRight } from "lucide-react";
import type { Comparison } from "~/api/records";
import { Page } from "~/ui/page";
import { given, partsOf } from "~/ui/search";
import { Empty, Failure, Rows } from "~/ui/states";
import { useKeys } from "~/ui/use-keys";
import { ComparedSamples } from "./compared-samples";
import { FlipTable } from "./flip-table";
import { Pairs } from "./pairs";
import { comparisonQuery } from "./queries";
import { RunChoice } from "./run-choice";
import { OUTCOMES } from "./search";
import type { CompareSearch, Outcome } from "./search";
import { SliceBars } from "./slice-bars";
import styles from "./compare.module.css";

const route = getRouteApi("/app/compare");

/** Two or more runs on the same samples: what differs, whether that can be chance, and where it is seen. */
export function ComparePage() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const ids = partsOf(search.runs);
  const change = (to: CompareSearch) =>
    void navigate({ to: "/compare", search: given({ ...search, ...to }), replace: true });
  const swap = () => {
    const [base, other, ...rest] = ids;
    if (base !== undefined && other !== undefined) change({ runs: [other, base, ...rest].join(","), other: undefined });
  };
  useKeys(ids.length >= 2 ? { swap } : {});
  return (
    <Page
      title="Compare"
      actions={
        <Button disabled={ids.length < 2} leftSection={<ArrowLeftRight size={14} aria-hidden />} onClick={swap}>
          Swap
        </Button>
      }
    >
      <RunChoice
        ids={ids}
        onChange={(runs) => change({ runs: runs.join(",") || undefined, other: undefined, slice: undefined })}
      />
      {ids.length < 2 ? (
        <Empty
          says="Choose a base and at least one other run on the same data set."
          command="benchbook compare BASE OTHER"
        />
      ) : (
        <Compared runs={ids.join(",")} search={search} onChange={change} />
      )}
    </Page>
  );
}

interface ComparedProps {
  readonly runs: string;
  readonly search: CompareSearch;
  readonly onChange: (change: CompareSearch) => void;
}

function Compared({ runs, search, onChange }: ComparedProps) {
  const comparison = useQuery(comparisonQuery(runs, search.score));
  if (comparison.error !== null) return <Failure error={comparison.error} onRetry={() => void comparison.refetch()} />;
  if (comparison.data === undefined) return <Rows />;
  return <Shown comparison={comparison.data} search={search} onChange={onChange} />;
}

function Shown({ comparison, search, onChange }: Omit<ComparedProps, "runs"> & { readonly comparison: Comparison }) {
  const pair = comparison.pairs.find((one) => one.other.id === search.other) ?? comparison.pairs[0];
  const only = (outcome: Outcome) => onChange({ only: search.only === outcome ? undefined : outcome });
  useKeys({
    regressed: () => only("regressed"),
    fixed: () => only("fixed"),
    bothWrong: () => only("both_wrong"),
    bothRight: () => only("both_right"),
  });
  if (pair === undefined) return <Empty says="There is nothing to compare." />;
  return (
    <>
      <Pairs
        comparison={comparison}
        picked={pair}
        onPick={(other) => onChange({ other })}
        choice={
          comparison.scores.length > 1 && (
            <Select
              aria-label="Score"
              w={220}
              searchable
              data={[...comparison.scores]}
              value={comparison.score}
              onChange={(score) => onChange({ score: score ?? undefined })}
            />
          )
        }
      />
      <div className={styles.two}>
        <FlipTable pair={pair} only={search.only} slice={search.slice} onPick={only} />
        <SliceBars
          pair={pair}
          smaller={comparison.smaller_is_better}
          slice={search.slice}
          onPick={(slice) => onChange({ slice: search.slice === slice ? undefined : slice })}
        />
      </div>
      <ComparedSamples comparison={comparison} pair={pair} search={search} outcomes={OUTCOMES} onChange={onChange} />
    </>
  );
}
