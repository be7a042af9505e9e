import "uplot/dist/uPlot.min.css";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import styles from "./curves.module.css";

export interface Curve {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

interface CurvesProps {
  readonly label: string;
  readonly x: readonly number[];
  readonly curves: readonly Curve[];
  readonly time?: boolean;
  /** What the axis counts. */
  readonly axis?: string;
  readonly height?: number;
}

const STROKES = ["--accent", "--good", "--warn", "--bad", "--ink-2", "--code-keyword"];

/** Curves over one axis; all plots on a page share the cursor. */
export default function Curves({ label, x, curves, time = false, axis = "", height = 180 }: CurvesProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const names = curves.map((curve) => curve.name).join("\n");
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const drawn = new uPlot(optionsOf(element, names.split("\n"), { time, axis, height }), [[]], element);
    plot.current = drawn;
    const watch = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      drawn.destroy();
    };
  }, [names, time, axis, height]);
  useEffect(() => {
    plot.current?.setData([[...x], ...curves.map((curve) => [...curve.values])]);
  }, [x, curves]);
  return <div ref={place} className={styles.curves} role="img" aria-label={label} />;
}

type Look = Readonly<Required<Pick<CurvesProps, "time" | "axis" | "height">>>;

function optionsOf(
  element: HTMLElement,
  names: readonly string[],
  { time, axis: counts, height }: Look,
): uPlot.Options {
  const colour = (name: string) => getComputedStyle(element).getPropertyValue(name);
  const axis = {
    stroke: colour("--ink-3"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
    font: "11px Inter Variable",
  };
  return {
    width: element.clientWidth,
    height,
    cursor: { sync: { key: "page" }, points: { size: 5 } },
    scales: { x: { time } },
    legend: { show: true, live: true },
    axes: [axis, { ...axis, size: 44 }],
    series: [
      counts === "" ? {} : { label: counts },
      ...names.map((name, index) => ({
        label: name,
        stroke: colour(STROKES[index % STROKES.length] ?? "--accent"),
        width: 1.5,
        points: { show: false },
        // Each is known at places of its own.
        spanGaps: true,
      })),
    ],
  };
}
