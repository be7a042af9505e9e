import { expect, test } from "vitest";
import { compareSearch } from "~/compare/search";
import { runSearch } from "~/runs/search";
import { loginSearch } from "~/session/search";

test("an address is read with distrust", () => {
  expect(runSearch({ tab: "nonsense", failed: "true", at_least: "0.5", at_most: "x", q: 7, sort: { a: 1 } })).toEqual({
    failed: true,
    at_least: 0.5,
    q: "7",
  });
  expect(compareSearch({ runs: "a,,b,a", only: "regressed" })).toEqual({ runs: "a,b", only: "regressed" });
});

test("after logging in one goes nowhere else", () => {
  expect(loginSearch({ to: "/runs?x=1" })).toEqual({ to: "/runs?x=1" });
  for (const to of ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"]) {
    expect(loginSearch({ to })).toEqual({});
  }
});
