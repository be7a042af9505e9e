import { CloseButton, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { Search } from "lucide-react";
import { useEffect, useRef } from "react";

interface SearchFieldProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly onChange: (value: string | undefined) => void;
}

/** A search that goes into the address a moment after the last stroke; `/` leads here. */
export function SearchField({ label, value, onChange }: SearchFieldProps) {
  const field = useRef<HTMLInputElement>(null);
  const later = useDebouncedCallback((text: string) => onChange(text === "" ? undefined : text), 250);
  useEffect(() => {
    // Whoever goes back in the history sees what was searched for then.
    if (field.current !== null && field.current !== document.activeElement) field.current.value = value ?? "";
  }, [value]);
  return (
    <TextInput
      ref={field}
      type="search"
      aria-label={label}
      placeholder={label}
      defaultValue={value}
      w={220}
      leftSection={<Search size={13} aria-hidden />}
      rightSection={
        value !== undefined && (
          <CloseButton
            size="xs"
            aria-label="Search no more"
            onClick={() => {
              if (field.current !== null) field.current.value = "";
              onChange(undefined);
            }}
          />
        )
      }
      onChange={(event) => later(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "Escape") event.currentTarget.blur();
      }}
    />
  );
}
