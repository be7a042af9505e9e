import { SegmentedControl } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import type { ComparedRow, Comparison, Pair } from "~/api/records";
import { Chip, Filters } from "~/ui/filters";
import { PagedGrid } from "~/ui/grid";
import type { Column } from "~/ui/grid";
import { Mark } from "~/ui/mark";
import { Section } from "~/ui/page";
import { Empty, Unmatched } from "~/ui/states";
import { Visible } from "~/ui/text/plain-text";
import { comparedQuery } from "./queries";
import type { CompareSearch, Outcome } from "./search";

const NAMES: Readonly<Record<Outcome, string>> = {
  regressed: "Regressed",
  fixed: "Fixed",
  both_wrong: "Both wrong",
  both_right: "Both right",
};

interface ComparedSamplesProps {
  readonly comparison: Comparison;
  readonly pair: Pair;
  readonly search: CompareSearch;
  readonly outcomes: readonly Outcome[];
  readonly onChange: (change: CompareSearch) => void;
}

/** Sample by sample what both answered; a row opens with the two side by side. */
export function ComparedSamples({ comparison, pair, search, outcomes, onChange }: ComparedSamplesProps) {
  const navigate = useNavigate();
  const { only, slice } = search;
  const samples = useInfiniteQuery(
    comparedQuery({ runs: `${pair.base.id},${pair.other.id}`, score: comparison.score, only, slice }),
  );
  const epochs = samples.data?.pages.some((page) => page.items.some(({ base }) => base.epoch > 1)) ?? false;
  const open = ({ base }: ComparedRow) => void navigate(placeOf(pair, base));
  return (
    <div>
      <Filters>
        <SegmentedControl
          size="xs"
          aria-label="Which samples"
          data={[{ value: "all", label: "All" }, ...outcomes.map((value) => ({ value, label: NAMES[value] }))]}
          value={only ?? "all"}
          onChange={(value) => onChange({ only: outcomes.find((one) => one === value) })}
        />
        {slice !== undefined && <Chip name="slice" value={slice} onRemove={() => onChange({ slice: undefined })} />}
      </Filters>
      <Section title="Samples" note="Enter opens both answers side by side">
        <PagedGrid
          list={samples}
          label="Compared samples"
          columns={columnsFor(comparison.score, pair, epochs)}
          keyOf={({ base }) => `${base.position}/${base.epoch}`}
          onOpen={open}
          empty={
            only === undefined && slice === undefined ? (
              <Empty says="The runs have no sample of this score in common." />
            ) : (
              <Unmatched
                says="No sample is like that."
                onShowAll={() => onChange({ only: undefined, slice: undefined })}
              />
            )
          }
        />
      </Section>
    </div>
  );
}

const SLICES: Column<ComparedRow> = {
  id: "slices",
  header: "Slice",
  width: "90px",
  wide: true,
  cell: ({ base }) => base.slices.join(", "),
};

function columnsFor(score: string, pair: Pair, epochs: boolean): readonly Column<ComparedRow>[] {
  return [
    {
      id: "position",
      header: "#",
      width: epochs ? "74px" : "52px",
      cell: ({ base }) => (
        <Link {...placeOf(pair, base)} className="link">
          {base.position + 1}
          {epochs && ` · ${base.epoch}`}
        </Link>
      ),
    },
    {
      id: "input",
      header: "Prompt",
      width: "minmax(120px, 1fr)",
      wide: true,
      cell: ({ base }) => <Visible text={base.input} />,
    },
    {
      id: "of-base",
      header: pair.base.model,
      width: "minmax(80px, 110px)",
      cell: ({ base }) => <Mark of={base.scores[score]} />,
    },
    {
      id: "base",
      header: "Answer",
      width: "minmax(120px, 1.2fr)",
      wide: true,
      cell: ({ base }) => <Visible text={base.output} />,
    },
    {
      id: "of-other",
      header: pair.other.model,
      width: "minmax(80px, 110px)",
      cell: ({ other }) => <Mark of={other.scores[score]} />,
    },
    {
      id: "other",
      header: "Answer",
      width: "minmax(100px, 1.2fr)",
      cell: ({ other }) => <Visible text={other.output} />,
    },
    ...(pair.slices.length > 0 ? [SLICES] : []),
  ];
}

function placeOf(pair: Pair, { position, epoch }: ComparedRow["base"]) {
  return {
    to: "/runs/$run/samples/$position/$epoch",
    params: { run: pair.other.id, position: String(position), epoch: String(epoch) },
    search: { with: pair.base.id },
  } as const;
}
