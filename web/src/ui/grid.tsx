import { useMediaQuery } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp, PanelRight } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import type { MouseEvent, ReactNode } from "react";
import { Failure, Rows } from "./states";
import styles from "./grid.module.css";
import { useKeys } from "./use-keys";

const ROW = 28;

export interface Column<Row> {
  readonly id: string;
  readonly header: string;
  /** A track of a CSS grid: `80px`, `minmax(160px, 2fr)`. */
  readonly width: string;
  readonly right?: boolean;
  /** Left out where the page is narrow. */
  readonly wide?: boolean;
  /** What the list is sorted by when its header is pressed. */
  readonly sort?: string;
  readonly cell: (row: Row) => ReactNode;
}

interface More {
  readonly has: boolean;
  readonly loading: boolean;
  readonly load: () => void;
}

interface GridProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly empty: ReactNode;
  readonly onOpen?: (row: Row) => void;
  /** A row is to be seen without leaving the list. */
  readonly onPeek?: (row: Row) => void;
  /** The row that is seen so. */
  readonly peeked?: string | undefined;
  readonly onMark?: (row: Row) => void;
  readonly marked?: ReadonlySet<string>;
  readonly more?: More;
  readonly sort?: string | undefined;
  readonly onSort?: (by: string) => void;
  /** Dimmed, because newer rows are on their way. */
  readonly stale?: boolean;
  readonly height?: string;
}

interface Paged<Row> {
  readonly data: { readonly pages: readonly { readonly items: readonly Row[] }[] } | undefined;
  readonly error: Error | null;
  readonly isPlaceholderData: boolean;
  readonly isPending: boolean;
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  readonly fetchNextPage: () => Promise<unknown>;
  readonly refetch: () => Promise<unknown>;
}

interface PagedGridProps<Row> extends Omit<GridProps<Row>, "rows" | "more" | "stale"> {
  readonly list: Paged<Row>;
}

/** The rows of a list that comes a page at a time, as far as they are needed; or why they are not there. */
export function PagedGrid<Row>({ list, ...grid }: PagedGridProps<Row>) {
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  if (list.error !== null) return <Failure error={list.error} onRetry={() => void list.refetch()} />;
  const more = {
    has: list.hasNextPage,
    loading: list.isFetchingNextPage || list.isPending,
    load: () => void list.fetchNextPage(),
  };
  return <Grid {...grid} rows={rows} stale={list.isPlaceholderData} more={more} />;
}

/** Rows of 28 px, of which only those in view are drawn; `j` and `k` move, `Enter` opens. */
export function Grid<Row>(props: GridProps<Row>) {
  const {
    label,
    columns,
    rows,
    keyOf,
    empty,
    onOpen,
    onPeek,
    peeked,
    onMark,
    marked,
    more,
    stale = false,
    height,
  } = props;
  const roomy = useMediaQuery("(min-width: 800px)", true, { getInitialValueInEffect: false });
  const shown = roomy ? columns : columns.filter((column) => column.wide !== true);
  const widths = shown.map((column) => column.width);
  const tracks = [...(onMark ? ["16px"] : []), ...widths, ...(onPeek ? ["22px"] : [])].join(" ");
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(-1);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
    initialRect: { width: 1000, height: 600 },
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  useLoading(more, last >= rows.length - 20);

  const here = active < 0 && peeked !== undefined ? rows.findIndex((row) => keyOf(row) === peeked) : active;
  const at = rows[here];
  const move = (step: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, here + step));
    const row = rows[next];
    setActive(next);
    virtual.scrollToIndex(next);
    if (peeked !== undefined && row !== undefined) onPeek?.(row);
  };
  const peek = () => {
    const row = at ?? rows[0];
    if (at === undefined) setActive(0);
    if (row !== undefined) onPeek?.(row);
  };
  useKeys({
    down: () => move(1),
    up: () => move(-1),
    ...(onOpen && at !== undefined ? { open: () => onOpen(at) } : {}),
    ...(onPeek ? { peek } : {}),
    ...(onMark && at !== undefined ? { mark: () => onMark(at) } : {}),
  });

  if (rows.length === 0 && more?.loading !== true) return <>{empty}</>;
  return (
    <div
      ref={scroller}
      className={styles.scroller}
      role="grid"
      aria-label={label}
      aria-rowcount={more?.has === true ? -1 : rows.length + 1}
      tabIndex={0}
      data-stale={stale}
      style={{ maxHeight: height ?? "min(72vh, 900px)" }}
    >
      <div className={styles.body}>
        <div role="row" aria-rowindex={1} className={styles.header} style={{ gridTemplateColumns: tracks }}>
          {onMark && <div role="columnheader" className={styles.cell} aria-label="Marked" />}
          {shown.map((column) => (
            <Header key={column.id} column={column} sort={props.sort} onSort={props.onSort} />
          ))}
          {onPeek && <div role="columnheader" className={styles.cell} aria-label="Beside" />}
        </div>
        <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {items.map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            const key = keyOf(row);
            return (
              <div
                key={key}
                role="row"
                aria-rowindex={item.index + 2}
                aria-selected={marked?.has(key) ?? item.index === here}
                tabIndex={-1}
                className={styles.row}
                data-active={item.index === here}
                data-opens={onOpen !== undefined}
                style={{ gridTemplateColumns: tracks, transform: `translateY(${item.start}px)` }}
                onClick={(event) => {
                  setActive(item.index);
                  if (onOpen && !isOnControl(event)) onOpen(row);
                }}
                onKeyDown={() => undefined}
              >
                {onMark && (
                  <div role="gridcell" className={styles.cell}>
                    <label className={styles.mark}>
                      <input
                        type="checkbox"
                        tabIndex={-1}
                        aria-label={`Mark row ${item.index + 1}`}
                        checked={marked?.has(key) ?? false}
                        onChange={() => onMark(row)}
                      />
                    </label>
                  </div>
                )}
                {shown.map((column) => (
                  <div key={column.id} role="gridcell" className={styles.cell} data-right={column.right}>
                    {column.cell(row)}
                  </div>
                ))}
                {onPeek && (
                  <div role="gridcell" className={styles.cell}>
                    <button
                      type="button"
                      tabIndex={-1}
                      className={styles.peek}
                      aria-label="Show beside the list"
                      aria-pressed={key === peeked}
                      onClick={() => onPeek(row)}
                    >
                      <PanelRight size={13} aria-hidden />
                    </button>
                  </div>
                )}
              </div>
            );
          })}
        </div>
        {more?.loading === true && <Rows rows={rows.length === 0 ? 10 : 2} />}
      </div>
    </div>
  );
}

interface HeaderProps<Row> {
  readonly column: Column<Row>;
  readonly sort: string | undefined;
  readonly onSort: ((by: string) => void) | undefined;
}

/** A column's name; pressed, it sorts, and pressed again the other way (`-latency`). */
function Header<Row>({ column, sort, onSort }: HeaderProps<Row>) {
  const by = column.sort;
  const order = by === undefined ? undefined : sort === by ? "ascending" : sort === `-${by}` ? "descending" : "none";
  return (
    <div role="columnheader" aria-sort={order} className={styles.cell} data-right={column.right}>
      {by === undefined || onSort === undefined ? (
        column.header
      ) : (
        <button type="button" className={styles.sort} onClick={() => onSort(order === "ascending" ? `-${by}` : by)}>
          {column.header}
          {order === "ascending" && <ArrowUp size={11} aria-hidden />}
          {order === "descending" && <ArrowDown size={11} aria-hidden />}
        </button>
      )}
    </div>
  );
}

function useLoading(more: More | undefined, near: boolean): void {
  useEffect(() => {
    if (near && more?.has === true && !more.loading) more.load();
  }, [near, more]);
}

function isOnControl(event: MouseEvent): boolean {
  return event.target instanceof Element && event.target.closest("a, button, input, label") !== null;
}
