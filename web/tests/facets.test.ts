import { expect, test } from "vitest";
import type { RunWhole } from "~/api/records";
import { ownFigure } from "~/experiments/run-matrix";
import { facetsOf } from "~/runs/facets";

const metric = (score: string, name: string) => ({ score, name, slice: "" }) as RunWhole["metrics"][number];

test("what the run was scored by comes before what people and judges say of its answers", () => {
  const scores = ["code-review", "python-tests"].map((name) => ({ name })) as unknown as RunWhole["scores"];
  const found = facetsOf({ scores, metrics: [metric("", "cost"), metric("python-tests", "pass@1")] });
  expect(found.map(({ name }) => name)).toEqual(["python-tests", "code-review"]);
});

test("runs of one task are told by the same figure, in whichever order theirs come", () => {
  const all = [metric("", "cost"), metric("exact", "label.match"), metric("exact", "pass_rate"), metric("f1", "mean")];
  for (const metrics of [all, all.toReversed()]) {
    expect(ownFigure(metrics)).toMatchObject({ score: "exact", name: "pass_rate" });
  }
});
