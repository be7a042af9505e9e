import { Badge, Loader } from "@mantine/core";
import { Ban, Check, CircleDashed, CirclePause, X } from "lucide-react";
import type { RunLine } from "~/api/records";
import styles from "./status.module.css";

const LOOKS: Readonly<Record<string, { side: string; says: string }>> = {
  queued: { side: "quiet", says: "queued" },
  running: { side: "accent", says: "running" },
  interrupted: { side: "warn", says: "interrupted" },
  "broken off": { side: "warn", says: "broken off" },
  completed: { side: "good", says: "completed" },
  done: { side: "good", says: "done" },
  failed: { side: "bad", says: "failed" },
  passed: { side: "good", says: "passed" },
  warned: { side: "warn", says: "warned" },
  "not told": { side: "bad", says: "not told" },
  cancelled: { side: "quiet", says: "cancelled" },
};

/** What has become of a run or a job: a sign and a word, never a colour alone. */
export function Status({ of }: { readonly of: string }) {
  const look = LOOKS[of] ?? { side: "quiet", says: of };
  return (
    <Badge className={styles.status} data-side={look.side} leftSection={<Sign of={of} />}>
      {look.says}
    </Badge>
  );
}

/** What has become of a run; one whose process is gone is not running, whatever was written down last. */
export function RunStatus({ of }: { readonly of: RunLine }) {
  return <Status of={of.broken_off ? "broken off" : of.status} />;
}

function Sign({ of }: { readonly of: string }) {
  if (of === "running") return <Loader size={10} aria-hidden />;
  const Icon =
    {
      completed: Check,
      done: Check,
      passed: Check,
      failed: X,
      "not told": X,
      interrupted: CirclePause,
      "broken off": CirclePause,
      cancelled: Ban,
    }[of] ?? CircleDashed;
  return <Icon size={11} aria-hidden />;
}

interface ProgressProps {
  readonly done: number;
  readonly total: number;
  readonly failed?: number;
  readonly label: string;
}

/** How far something is, as a bar. */
export function Progress({ done, total, failed = 0, label }: ProgressProps) {
  const share = total > 0 ? Math.min(done / total, 1) : 0;
  const lost = total > 0 ? Math.min(failed / total, share) : 0;
  return (
    <div
      className={styles.progress}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={done}
    >
      <div className={styles.done} style={{ width: `${(share - lost) * 100}%` }} />
      <div className={styles.lost} style={{ width: `${lost * 100}%` }} />
    </div>
  );
}
