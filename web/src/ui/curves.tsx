import "uplot/dist/uPlot.min.css";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import styles from "./curves.module.css";

export interface Curve {
  readonly name: string;
  readonly values: readonly (number | null)[];
  /** Dashed and grey: an end of an interval. */
  readonly aside?: boolean;
}

interface CurvesProps {
  readonly label: string;
  /** What is counted along the axis. */
  readonly of?: string;
  readonly x: readonly number[];
  readonly curves: readonly Curve[];
  readonly time?: boolean;
  readonly height?: number;
}

const STROKES = ["--accent", "--good", "--warn", "--bad", "--ink-2", "--code-keyword"];

/** Curves over one axis; all plots on a page share the cursor. */
export default function Curves({ label, of = "time", x, curves, time = false, height = 180 }: CurvesProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const names = curves.map((curve) => `${curve.aside === true ? "-" : ""}${curve.name}`).join("\n");
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const drawn = new uPlot(optionsOf(element, [of, ...names.split("\n")], time, height), [[]], element);
    plot.current = drawn;
    const watch = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      drawn.destroy();
    };
  }, [of, names, time, height]);
  useEffect(() => {
    plot.current?.setData([[...x], ...curves.map((curve) => [...curve.values])]);
  }, [x, curves]);
  return <div ref={place} className={styles.curves} role="img" aria-label={label} />;
}

function optionsOf(
  element: HTMLElement,
  [of, ...names]: readonly string[],
  time: boolean,
  height: number,
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
      { label: of ?? "" },
      ...names.map((name, index) => ({
        label: name.replace(/^-/, ""),
        stroke: colour(name.startsWith("-") ? "--ink-3" : (STROKES[index % STROKES.length] ?? "--accent")),
        dash: name.startsWith("-") ? [4, 3] : [],
        width: 1.5,
        points: { show: false },
        // Each is known at places of its own.
        spanGaps: true,
      })),
    ],
  };
}
