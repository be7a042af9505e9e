import { CloseButton } from "@mantine/core";
import type { ReactNode } from "react";
import styles from "./filters.module.css";

/** What a list is filtered by, in a row above it. */
export function Filters({ children }: { readonly children: ReactNode }) {
  return <div className={styles.filters}>{children}</div>;
}

interface ChipProps {
  readonly name: string;
  readonly value: string;
  readonly onRemove: () => void;
}

/** One filter that is on, and a way to take it off. */
export function Chip({ name, value, onRemove }: ChipProps) {
  return (
    <span className={styles.chip}>
      <span className="quiet">{name}</span> {value}
      <CloseButton size={16} iconSize={12} aria-label={`Do not filter by ${name}`} onClick={onRemove} />
    </span>
  );
}
