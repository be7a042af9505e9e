import { expect, test } from "vitest";
import type { Sheet } from "~/api/records";
import { agrees, answered, BLANK, draftOf, filledOf, isWhole, overriding, SURE, surer } from "~/reviews/draft";
import { digitsOf, rubricOf } from "~/reviews/rubric";

const field = (path: string, answers: string[], parts = false) => ({
  path,
  title: path,
  question: `${path}?`,
  answers,
  anchors: {},
  depth: path.split("/").length - 1,
  decided_by_parts: parts,
});

const form = (fields: object[], compares = false) =>
  rubricOf({
    review: "review-1",
    form: { rubric: "r", compares, instructions: "", fields, issues: [] },
    suggestion: "shown",
    blind: true,
    lease_minutes: 30,
  });

test("1, 2 and 0 are A, B and a tie; what is left has the next digits", () => {
  const [pair] = form([field("better", ["first", "second", "tie", "both_bad", "cannot_tell"])], true).asked;
  expect(pair && Object.fromEntries(digitsOf(pair))).toEqual({
    "1": "first",
    "2": "second",
    "0": "tie",
    "3": "both_bad",
    "4": "cannot_tell",
  });
});

test("grades are answered by themselves, yes and no by 1 and 2, and who cannot tell by 0", () => {
  const [grade, met] = form([
    field("style", ["1", "2", "3", "cannot_tell"]),
    field("right", ["yes", "no", "cannot_tell"]),
  ]).asked;
  expect(grade && Object.fromEntries(digitsOf(grade))).toEqual({ "1": "1", "2": "2", "3": "3", "0": "cannot_tell" });
  expect(met && Object.fromEntries(digitsOf(met))).toEqual({ "1": "yes", "2": "no", "0": "cannot_tell" });
});

test("what has parts stands before them, and is not asked", () => {
  const rubric = form([
    field("a/one", ["yes"]),
    field("a/two", ["yes"]),
    field("a", ["yes"], true),
    field("b", ["no"]),
  ]);
  expect(rubric.fields.map(({ path }) => path)).toEqual(["a", "a/one", "a/two", "b"]);
  expect(rubric.asked.map(({ path }) => path)).toEqual(["a/one", "a/two", "b"]);
});

test("an override says the opposite of one thing, and the same of the rest", () => {
  const rubric = form([field("right", ["yes", "no"]), field("style", ["1", "2"])]);
  const said = { items: { right: { answer: "yes", note: "" }, style: { answer: "2", note: "" } } };
  const suggestion = { ...said, passages: [], critique: "" } as unknown as NonNullable<Sheet["suggestion"]>;
  const draft = overriding(BLANK, suggestion, "right");
  expect(filledOf(draft).items).toMatchObject({ right: { answer: "no" }, style: { answer: "2" } });
  expect([isWhole(draft, rubric), agrees(draft, suggestion)]).toEqual([true, false]);
  expect(overriding(answered(BLANK, "style", "1"), suggestion, "right").items["style"]?.answer).toBe("1");
});

test("what is kept of a draft is read with distrust", () => {
  expect(draftOf({ items: { a: { answer: 3 }, b: "x" }, passages: ["x", { start: "0" }], critique: null })).toEqual({
    items: { a: { answer: "", note: "" } },
    passages: [{ source: "response", start: 0, end: 0, quote: "", kind: "", note: "", item: "" }],
    critique: "",
    confidence: null,
  });
  expect([0.42, 7, "1"].map((confidence) => draftOf({ confidence }).confidence)).toEqual([0.42, null, null]);
});

test("one is more or less sure by a step, and past either end says nothing of it", () => {
  const steps = (step: 1 | -1, from: number | null, times: number) =>
    Array.from({ length: times }).reduce<(number | null)[]>(
      (said) => [...said, surer({ ...BLANK, confidence: said.at(-1) ?? null }, step).confidence],
      [from],
    );
  expect(steps(1, null, 5)).toEqual([null, ...SURE, null]);
  expect(steps(-1, null, 5)).toEqual([null, ...SURE.toReversed(), null]);
  expect([steps(1, 0.42, 1), steps(-1, 0.42, 1)]).toEqual([
    [0.42, 0.5],
    [0.42, null],
  ]);
  expect(filledOf(surer(BLANK, -1)).confidence).toBe(1);
});
