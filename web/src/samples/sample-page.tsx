import { Button, SegmentedControl } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useCanGoBack, useNavigate, useRouter } from "@tanstack/react-router";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useEffect } from "react";
import type { SampleWhole } from "~/api/records";
import { sampleFilters } from "~/ui/sample-list";
import { sampleQuery } from "~/api/samples";
import { Page } from "~/ui/page";
import { Failure, Rows } from "~/ui/states";
import { given, partsOf } from "~/ui/search";
import { viewFor } from "~/ui/text/answer-text";
import { Visible } from "~/ui/text/plain-text";
import { useKeys } from "~/ui/use-keys";
import { Answers } from "./answers";
import { useAround } from "./around";
import type { Around } from "./around";
import { History } from "./history";
import { passagesOf } from "./passages";
import { Question } from "./question";
import { Scores } from "./scores";
import { VIEWS } from "./search";
import type { SampleSearch } from "./search";
import styles from "./samples.module.css";

const route = getRouteApi("/app/runs/$run/samples/$position/$epoch");

/** One answer in full: what was asked, what was answered, what anyone says of it. */
export function SamplePage() {
  const { run, position, epoch } = route.useParams();
  const sample = useQuery(sampleQuery({ run, position: Number(position), epoch: Number(epoch) }));
  if (sample.data !== undefined) return <Whole whole={sample.data} stale={sample.isPlaceholderData} />;
  return (
    <Page title={`Sample ${Number(position) + 1}`} path={<Link to="/runs">Runs</Link>}>
      {sample.error !== null ? <Failure error={sample.error} onRetry={() => void sample.refetch()} /> : <Rows />}
    </Page>
  );
}

function Whole({ whole, stale }: { readonly whole: SampleWhole; readonly stale: boolean }) {
  const search = route.useSearch();
  const navigate = useNavigate();
  const { run, sample, generation } = whole;
  const text = generation.output?.text ?? "";
  const view = search.view ?? viewFor(text);
  const beside = shownBeside(whole, search);
  const go = (change: SampleSearch) =>
    void navigate({ to: ".", search: (before) => given({ ...before, ...change }), replace: true });
  const filters = sampleFilters({ ...search });
  const around = useAround(whole, filters);
  const move = (place: SampleWhole["next"]) => {
    if (place === null) return;
    void navigate({
      to: "/runs/$run/samples/$position/$epoch",
      params: { run: run.id, position: String(place.position), epoch: String(place.epoch) },
      search: given({ ...search, mark: undefined }),
      // Samples that were gone through lie not between this one and the list.
      replace: true,
    });
  };
  const router = useRouter();
  const came = useCanGoBack();
  const back = () =>
    came ? router.history.back() : void navigate({ to: "/runs/$run", params: { run: run.id }, search: filters });
  const held = search.diff === undefined ? beside[0]?.run.id : undefined;
  usePrefetched(run.id, around);
  useKeys({
    next: () => move(around.next),
    previous: () => move(around.previous),
    back,
    view: () => go({ view: VIEWS[(VIEWS.indexOf(view) + 1) % VIEWS.length], mark: undefined }),
    diff: () => go({ diff: held }),
  });
  return (
    <Page
      title={`Sample ${sample.position + 1}${run.total > 0 && generation.epoch > 1 ? `, epoch ${generation.epoch}` : ""}`}
      beside={
        <span className="quiet">
          <Visible text={sample.row.key} /> {sample.row.slices.length > 0 && `· ${sample.row.slices.join(", ")}`}
          {around.among !== null && ` · ${around.among}`}
        </span>
      }
      path={
        <>
          <Link to="/runs">Runs</Link> /
          <Link to="/runs/$run" params={{ run: run.id }} search={filters}>
            {run.model} on {run.task}
          </Link>
        </>
      }
      actions={
        <>
          <SegmentedControl
            size="xs"
            aria-label="How answers are shown"
            data={[
              { value: "rendered", label: "Rendered" },
              { value: "text", label: "Text" },
              { value: "code", label: "Code" },
            ]}
            value={view}
            onChange={(next) => go({ view: VIEWS.find((one) => one === next), mark: undefined })}
          />
          <Button
            leftSection={<ChevronLeft size={14} aria-hidden />}
            disabled={around.previous === null}
            onClick={() => move(around.previous)}
          >
            Previous <kbd className={styles.key}>k</kbd>
          </Button>
          <Button
            rightSection={<ChevronRight size={14} aria-hidden />}
            disabled={around.next === null}
            onClick={() => move(around.next)}
          >
            Next <kbd className={styles.key}>j</kbd>
          </Button>
        </>
      }
    >
      <div className={styles.whole} data-stale={stale}>
        <div className={styles.texts}>
          <Question whole={whole} />
          <Answers whole={whole} beside={beside} view={view} search={search} onChange={go} />
        </div>
        <div className={styles.said}>
          <Scores whole={whole} marked={search.mark} onMark={(mark) => go({ mark })} />
          <History whole={whole} />
        </div>
      </div>
    </Page>
  );
}

/** The other answers that are shown: those that were chosen, and the one in which passages are marked. */
function shownBeside(whole: SampleWhole, search: SampleSearch): SampleWhole["neighbours"] {
  const { second, secondId } = passagesOf(whole, search.mark);
  const shown = new Set(chosen(whole, search));
  return whole.neighbours.filter((one) => shown.has(one) || (second.length > 0 && one.generation.id === secondId));
}

/** Those in the address, or the first. */
function chosen({ neighbours }: SampleWhole, search: SampleSearch): SampleWhole["neighbours"] {
  if (search.with === undefined) return neighbours.filter((one) => one.run.rubric === null).slice(0, 1);
  const wanted = new Set(partsOf(search.with));
  return neighbours.filter((one) => wanted.has(one.run.id));
}

/** The samples before and after are there before they are asked for. */
function usePrefetched(run: string, { previous, next }: Around): void {
  const queries = useQueryClient();
  useEffect(() => {
    for (const place of [next, previous]) {
      if (place !== null) queries.query(sampleQuery({ run, ...place })).catch(() => undefined);
    }
  }, [queries, run, previous, next]);
}
