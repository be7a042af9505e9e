/** Marked stretches of a text. Offsets count Unicode code points, as Python and the API do. */

export interface Mark {
  readonly start: number;
  readonly end: number;
  readonly note: string;
}

export interface Segment<M extends Mark> {
  readonly text: string;
  /** The marks that cover it, outermost first. */
  readonly marks: readonly M[];
}

/** The text cut wherever a mark begins or ends; overlapping marks share their segments. */
export function segments<M extends Mark>(text: string, marks: readonly M[]): Segment<M>[] {
  const sound = marks.filter((mark) => mark.end > mark.start);
  const points = [...new Set(sound.flatMap((mark) => [mark.start, mark.end]))].sort((one, two) => one - two);
  const places = unitsOf(text, points);
  const cuts = [0, ...points.map((point) => places.get(point) ?? text.length), text.length];
  const starts = [0, ...points];
  return cuts.slice(0, -1).flatMap((from, index) => {
    const part = text.slice(from, cuts[index + 1]);
    const at = starts[index] ?? 0;
    const covering = sound.filter((mark) => mark.start <= at && mark.end > at);
    return part === "" ? [] : [{ text: part, marks: index === 0 ? [] : covering }];
  });
}

/** Where each code point stands in UTF-16 units; the points ascend. */
function unitsOf(text: string, points: readonly number[]): Map<number, number> {
  const places = new Map<number, number>();
  let unit = 0;
  let point = 0;
  for (const wanted of points) {
    while (point < wanted && unit < text.length) {
      unit += (text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
      point += 1;
    }
    places.set(wanted, unit);
  }
  return places;
}
