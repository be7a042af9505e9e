import { Badge, Button, createTheme, NumberInput, Select, Switch, Textarea, TextInput, Tooltip } from "@mantine/core";
import type { MantineColorsTuple } from "@mantine/core";

const accent: MantineColorsTuple = [
  "#eef2ff",
  "#dfe6fb",
  "#bccaf5",
  "#96abee",
  "#738fe6",
  "#5676de",
  "#3b5bdb",
  "#3350c2",
  "#2a43a6",
  "#1f3486",
];

const dark: MantineColorsTuple = [
  "#dfe1e6",
  "#b6bac4",
  "#9aa0ad",
  "#6b7180",
  "#3b404b",
  "#2b2f38",
  "#21242c",
  "#191b21",
  "#131519",
  "#0d0e11",
];

/** 13 px, one accent, small radii. What CSS needs beyond it stands in tokens.css. */
export const theme = createTheme({
  primaryColor: "accent",
  primaryShade: 6,
  colors: { accent, dark },
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "'JetBrains Mono Variable', ui-monospace, monospace",
  fontSizes: { xs: "12px", sm: "13px", md: "13px", lg: "15px", xl: "18px" },
  lineHeights: { xs: "1.4", sm: "1.45", md: "1.5" },
  headings: {
    fontWeight: "600",
    sizes: { h1: { fontSize: "18px", lineHeight: "1.35" }, h2: { fontSize: "14px" }, h3: { fontSize: "13px" } },
  },
  defaultRadius: "sm",
  radius: { xs: "3px", sm: "5px", md: "8px" },
  cursorType: "pointer",
  components: {
    Button: Button.extend({ defaultProps: { size: "xs", variant: "default" } }),
    TextInput: TextInput.extend({ defaultProps: { size: "xs" } }),
    Textarea: Textarea.extend({ defaultProps: { size: "xs" } }),
    NumberInput: NumberInput.extend({ defaultProps: { size: "xs" } }),
    Select: Select.extend({ defaultProps: { size: "xs", allowDeselect: false } }),
    Switch: Switch.extend({ defaultProps: { size: "xs" } }),
    Badge: Badge.extend({ defaultProps: { variant: "light", size: "sm", radius: "xs", tt: "none", fw: 500 } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 300, withArrow: true, fz: 12 } }),
  },
});
