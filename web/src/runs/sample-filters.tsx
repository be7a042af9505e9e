import { Checkbox, Select } from "@mantine/core";
import type { RunWhole } from "~/api/records";
import { count } from "~/ui/figures";
import { Chip, Filter, Filters } from "~/ui/filters";
import { SearchField } from "~/ui/search-field";
import { facetsOf } from "./facets";
import type { RunSearch } from "./search";

interface SampleFiltersProps {
  readonly whole: RunWhole;
  readonly search: RunSearch;
  readonly onChange: (change: RunSearch) => void;
}

/** What the list of samples can be narrowed by. */
export function SampleFilters({ whole, search, onChange }: SampleFiltersProps) {
  const { dataset } = whole;
  const scores = facetsOf(whole);
  const facet = scores.find((one) => one.name === search.score) ?? scores[0];
  const labels = facet?.labels ?? {};
  return (
    <Filters>
      <SearchField label="Search prompts and answers" value={search.q} onChange={(q) => onChange({ q })} />
      {dataset.slices.length > 0 && (
        <Filter label="Slice" values={dataset.slices} value={search.slice} onChange={(slice) => onChange({ slice })} />
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
      {Object.keys(labels).length > 0 && (
        <Filter
          label="Verdict"
          width={170}
          values={Object.keys(labels)}
          value={search.label}
          name={(label) => `${label} (${count(labels[label])})`}
          onChange={(label) => onChange({ label, score: facet?.name })}
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
