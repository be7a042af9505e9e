import { Checkbox, Select } from "@mantine/core";
import type { RunWhole } from "~/api/records";
import { count } from "~/ui/figures";
import { Chip, Filters } from "~/ui/filters";
import { SearchField } from "~/ui/search-field";
import type { RunSearch } from "./search";

interface SampleFiltersProps {
  readonly whole: RunWhole;
  readonly search: RunSearch;
  readonly onChange: (change: RunSearch) => void;
}

/** What the list of samples can be narrowed by. */
export function SampleFilters({ whole, search, onChange }: SampleFiltersProps) {
  const { scores, dataset } = whole;
  const facet = scores.find((one) => one.name === search.score) ?? scores[0];
  const labels = Object.entries(facet?.labels ?? {});
  return (
    <Filters>
      <SearchField label="Search prompts and answers" value={search.q} onChange={(q) => onChange({ q })} />
      {dataset.slices.length > 0 && (
        <Select
          aria-label="Slice"
          placeholder="Any slice"
          clearable
          searchable
          w={140}
          data={[...dataset.slices]}
          value={search.slice ?? null}
          onChange={(slice) => onChange({ slice: slice ?? undefined })}
        />
      )}
      {scores.length > 1 && (
        <Select
          aria-label="Score"
          w={180}
          searchable
          data={scores.map((one) => one.name)}
          value={facet?.name ?? null}
          onChange={(score) =>
            onChange({ score: score ?? undefined, label: undefined, at_least: undefined, at_most: undefined })
          }
        />
      )}
      {labels.length > 0 && (
        <Select
          aria-label="Verdict"
          placeholder="Any verdict"
          clearable
          w={170}
          data={labels.map(([label, n]) => ({ value: label, label: `${label} (${count(n)})` }))}
          value={search.label ?? null}
          onChange={(label) => onChange({ label: label ?? undefined, score: facet?.name })}
        />
      )}
      <Checkbox
        size="xs"
        label="Only failed"
        checked={search.failed === true}
        onChange={(event) => onChange({ failed: event.currentTarget.checked ? true : undefined })}
      />
      {search.at_least !== undefined && (
        <Chip name="at least" value={String(search.at_least)} onRemove={() => onChange({ at_least: undefined })} />
      )}
      {search.at_most !== undefined && (
        <Chip name="at most" value={String(search.at_most)} onRemove={() => onChange({ at_most: undefined })} />
      )}
    </Filters>
  );
}
