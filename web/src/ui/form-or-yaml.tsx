import { SegmentedControl } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";

/** By which of the two something is written; it is in the address. */
export function FormOrYaml({ as }: { readonly as: "form" | "yaml" }) {
  const navigate = useNavigate();
  return (
    <SegmentedControl
      size="xs"
      aria-label="Form or YAML"
      data={[
        { value: "form", label: "Form" },
        { value: "yaml", label: "YAML" },
      ]}
      value={as}
      onChange={(next) =>
        void navigate({
          to: ".",
          search: (before) => ({ ...before, as: next === "yaml" ? ("yaml" as const) : ("form" as const) }),
          replace: true,
        })
      }
    />
  );
}
