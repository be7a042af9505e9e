import type { Pair } from "~/api/records";
import { Bars } from "~/ui/bars";
import { Section } from "~/ui/page";
import { Empty } from "~/ui/states";

interface SliceBarsProps {
  readonly pair: Pair;
  readonly smaller: boolean;
  readonly slice: string | undefined;
  readonly onPick: (slice: string) => void;
}

/** The difference in each slice, the surest first; a bar narrows the table below. */
export function SliceBars({ pair, smaller, slice, onPick }: SliceBarsProps) {
  const bars = pair.slices
    .toSorted((one, two) => (one.p_corrected ?? 1) - (two.p_corrected ?? 1))
    .map(({ slice: name, difference, p_corrected }) => ({
      name,
      value: difference.difference,
      low: difference.low,
      high: difference.high,
      n: difference.n,
      p: p_corrected,
    }));
  return (
    <Section
      title="By slice"
      note="p corrected for the number of slices (Benjamini–Hochberg); a bar narrows the table below"
    >
      {bars.length === 0 ? (
        <Empty says="The data set has no slices." />
      ) : (
        <Bars label="Difference by slice" bars={bars} picked={slice} onPick={onPick} smaller={smaller} />
      )}
    </Section>
  );
}
