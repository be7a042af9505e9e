import { useSyncExternalStore } from "react";
import { ago } from "./figures";

/** A time, as how long ago; the time itself on hover. */
export function When({ at }: { readonly at: string | null | undefined }) {
  const now = useSyncExternalStore(everyHalfMinute, tenSeconds);
  if (at === null || at === undefined) return <span className="quiet">–</span>;
  const then = new Date(at);
  return (
    <time
      dateTime={at}
      className="figures"
      // Written only where it is looked for: a list has hundreds.
      onPointerEnter={(event) => (event.currentTarget.title = then.toLocaleString())}
    >
      {ago(then, new Date(Math.max(now, then.getTime())))}
    </time>
  );
}

function everyHalfMinute(tick: () => void): () => void {
  const timer = setInterval(tick, 30_000);
  return () => clearInterval(timer);
}

function tenSeconds(): number {
  return Math.floor(Date.now() / 10_000) * 10_000;
}
