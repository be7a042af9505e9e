import { expect, test } from "vitest";
import { heldAgainst, namesOf } from "~/api/baselines";
import type { Baseline, RunRow } from "~/api/records";

const baseline = (run_id: string | null, model: string, more: Partial<Baseline> = {}) =>
  ({ name: "main", task: "t", model, branch: "", run_id, ...more }) as Baseline;

const run = (id: string, model: string, task = "t") => ({ id, model, task }) as RunRow;

test("a run is held against the one of its model, and otherwise against the only one on its task", () => {
  const both = [baseline("r1", "a"), baseline("r2", "b")];
  expect(heldAgainst(both, [run("r3", "b")])).toEqual([{ name: "main", runs: ["r2", "r3"] }]);
  expect(heldAgainst(both, [run("r3", "c")])).toEqual([]);
  expect(heldAgainst([baseline("r1", "a")], [run("r3", "b"), run("r4", "c")])).toEqual([
    { name: "main", runs: ["r1", "r3", "r4"] },
  ]);
});

test("nothing is held against itself, another task, or a baseline that was imported", () => {
  expect(heldAgainst([baseline("r1", "a")], [run("r1", "a"), run("r2", "a", "other")])).toEqual([]);
  expect(heldAgainst([baseline(null, "a")], [run("r2", "a")])).toEqual([]);
});

test("what is for all branches is before what is for one", () => {
  const both = [baseline("r1", "a", { branch: "next" }), baseline("r2", "a")];
  expect(heldAgainst(both, [run("r3", "a")])).toEqual([{ name: "main", runs: ["r2", "r3"] }]);
  expect(namesOf(both, "r1")).toEqual(["main (branch next)"]);
});
