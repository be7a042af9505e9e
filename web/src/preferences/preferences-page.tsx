import { Button, Menu, MultiSelect, NumberInput, Switch } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Download } from "lucide-react";
import type { PreferencePage, PreferenceRow } from "~/api/records";
import { count, percent } from "~/ui/figures";
import { Filters } from "~/ui/filters";
import { PagedGrid } from "~/ui/grid";
import type { Column } from "~/ui/grid";
import { Page, Section } from "~/ui/page";
import { given, partsOf } from "~/ui/search";
import { Empty } from "~/ui/states";
import { Visible } from "~/ui/text/plain-text";
import { PreferenceDetail } from "./preference-detail";
import { exportAddress, FORMATS, preferencesQuery, runsToChoose } from "./queries";
import { SOURCES } from "./search";
import type { PreferencesSearch } from "./search";

const route = getRouteApi("/app/preferences");

/** Which of two answers is better, by people, judges or execution: to look at, and to train on. */
export function PreferencesPage() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const change = (to: PreferencesSearch) =>
    void navigate({ to: "/preferences", search: given({ ...search, ...to }), replace: true });
  return (
    <Page title="Preferences" actions={<Export search={search} />}>
      <div>
        <Wanted search={search} onChange={change} />
        {search.runs === undefined ? (
          <Section title="Preferences">
            <Empty
              says="Choose the run of a judge that compares answers, or two runs that execution tells apart."
              command="benchbook export preferences RUN --format trl-dpo -o preferences.jsonl"
            />
          </Section>
        ) : (
          <List search={search} onChange={change} />
        )}
      </div>
    </Page>
  );
}

function Export({ search }: { readonly search: PreferencesSearch }) {
  return (
    <Menu position="bottom-end" disabled={search.runs === undefined}>
      <Menu.Target>
        <Button disabled={search.runs === undefined} leftSection={<Download size={13} aria-hidden />}>
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {FORMATS.map((format) => (
          <Menu.Item key={format} component="a" href={exportAddress(search, format)} download>
            {format}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

interface WantedProps {
  readonly search: PreferencesSearch;
  readonly onChange: (change: PreferencesSearch) => void;
}

/** What makes a preference. */
function Wanted({ search, onChange }: WantedProps) {
  const { data: runs = [] } = useQuery(runsToChoose);
  const chosen = partsOf(search.runs);
  const known = new Set(runs.map((run) => run.id));
  return (
    <Filters>
      <MultiSelect
        aria-label="Runs"
        placeholder={chosen.length === 0 ? "Runs" : undefined}
        size="xs"
        searchable
        clearable
        miw={280}
        maw={560}
        data={[
          ...runs.map((run) => ({
            value: run.id,
            label: `${run.model} ${run.rubric === null ? `on ${run.task}` : `judging by ${run.rubric}`} · ${run.id.slice(-6)}`,
          })),
          ...chosen.filter((id) => !known.has(id)).map((id) => ({ value: id, label: id })),
        ]}
        value={chosen}
        onChange={(ids) => onChange({ runs: ids.join(",") || undefined, id: undefined })}
      />
      <MultiSelect
        aria-label="Who prefers"
        placeholder={search.source === undefined ? "Anyone" : undefined}
        size="xs"
        clearable
        miw={150}
        data={[...SOURCES]}
        value={partsOf(search.source)}
        onChange={(sources) => onChange({ source: sources.join(",") || undefined })}
      />
      <NumberInput
        aria-label="Least agreement, in percent"
        placeholder="Agreement ≥ %"
        w={130}
        min={0}
        max={100}
        value={search.min_agreement === undefined ? "" : search.min_agreement * 100}
        onChange={(value) => onChange({ min_agreement: typeof value === "number" ? value / 100 : undefined })}
      />
      <NumberInput
        aria-label="Least confidence, in percent"
        placeholder="Confidence ≥ %"
        w={130}
        min={0}
        max={100}
        value={search.min_confidence === undefined ? "" : search.min_confidence * 100}
        onChange={(value) => onChange({ min_confidence: typeof value === "number" ? value / 100 : undefined })}
      />
      <Switch
        label="Ties both ways"
        checked={search.both_ways === true}
        onChange={(event) => onChange({ both_ways: event.currentTarget.checked ? true : undefined })}
      />
    </Filters>
  );
}

function List({ search, onChange }: WantedProps) {
  const preferences = useInfiniteQuery(preferencesQuery(search));
  const first = preferences.data?.pages[0];
  return (
    <>
      <Section title="Preferences" note={first !== undefined && told(first)}>
        <PagedGrid
          list={preferences}
          label="Preferences"
          columns={COLUMNS}
          keyOf={(row) => row.id}
          height={search.id === undefined ? undefined : "min(40vh, 420px)"}
          onOpen={(row) => onChange({ id: row.id })}
          empty={<Empty says="No two answers are told apart like that." />}
        />
      </Section>
      {search.id !== undefined && <PreferenceDetail id={search.id} search={search} />}
    </>
  );
}

const REASONS: Readonly<Record<string, string>> = {
  part: "on a part alone",
  source: "by others than chosen",
  tie: "ties",
  superseded: "superseded",
  same_text: "with the same text twice",
  empty_answer: "with an empty answer",
  low_agreement: "with too little agreement",
  low_confidence: "with too little confidence",
};

function told({ total, verdicts, pairs, left_out }: PreferencePage): string {
  const reasons = Object.entries(left_out).map(
    ([reason, n]) => `${count(n)} ${REASONS[reason] ?? reason.replaceAll("_", " ")}`,
  );
  const out = reasons.length === 0 ? "" : `; left out: ${reasons.join(", ")}`;
  return `${count(total)} of ${count(pairs)} pairs, by ${count(verdicts)} verdicts${out}`;
}

const COLUMNS: readonly Column<PreferenceRow>[] = [
  {
    id: "prompt",
    header: "Prompt",
    width: "minmax(120px, 1fr)",
    wide: true,
    cell: (row) => <Visible text={row.prompt} />,
  },
  { id: "chosen", header: "Chosen", width: "minmax(90px, 1.3fr)", cell: (row) => <Visible text={row.chosen} /> },
  { id: "rejected", header: "Rejected", width: "minmax(90px, 1.3fr)", cell: (row) => <Visible text={row.rejected} /> },
  { id: "authors", header: "By", width: "minmax(90px, 0.7fr)", wide: true, cell: (row) => row.authors.join(", ") },
  {
    id: "agreement",
    header: "Agreement",
    width: "88px",
    right: true,
    cell: (row) => `${percent(row.agreement, 0)} (n ${count(row.verdicts)})`,
  },
];
