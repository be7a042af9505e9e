import { expect, test } from "vitest";
import { ago, count, money, percent, points, probability, seconds } from "~/ui/figures";

const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, " ");

test("figures as people read them", () => {
  expect(plain(count(1234567))).toBe("1 234 567");
  expect(plain(percent(0.714))).toBe("71.4 %");
  expect(points(-0.0312)).toBe("−3.1");
  expect(points(0.05)).toBe("+5.0");
  expect(money(0.004)).toBe("<$0.01");
  expect(plain(seconds(0.25))).toBe("250 ms");
  expect(plain(seconds(75))).toBe("1 min 15 s");
  expect(probability(0.0002)).toBe("p < 0.001");
});

test("what is not known is a dash, and never a zero", () => {
  for (const say of [count, percent, points, money, seconds, probability]) expect(say(null)).toBe("–");
});

test("how long ago", () => {
  const now = new Date("2026-01-02T00:00:00Z");
  expect(ago(new Date("2026-01-01T23:59:55Z"), now)).toBe("just now");
  expect(ago(new Date("2026-01-01T23:57:00Z"), now)).toBe("3 min ago");
  expect(ago(new Date("2025-12-30T00:00:00Z"), now)).toBe("3 days ago");
});
