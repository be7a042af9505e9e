import { CloseButton, Select } from "@mantine/core";
import type { ReactNode } from "react";
import styles from "./filters.module.css";

/** What a list is filtered by, in a row above it. */
export function Filters({ children }: { readonly children: ReactNode }) {
  return <div className={styles.filters}>{children}</div>;
}

interface FilterProps<V extends string> {
  /** What is filtered by: `Status`. */
  readonly label: string;
  readonly values: readonly V[];
  readonly value: V | undefined;
  readonly onChange: (value: V | undefined) => void;
  /** How a value is called, if not by itself. */
  readonly name?: (value: V) => string;
  readonly width?: number;
}

/** One of several values, or any. */
export function Filter<V extends string>({ label, values, value, onChange, name, width = 140 }: FilterProps<V>) {
  return (
    <Select
      aria-label={label}
      placeholder={`Any ${label.toLowerCase()}`}
      clearable
      searchable={values.length > 10}
      w={width}
      data={values.map((one) => ({ value: one, label: name?.(one) ?? one }))}
      value={value ?? null}
      onChange={(chosen) => onChange(values.find((one) => one === chosen))}
    />
  );
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
