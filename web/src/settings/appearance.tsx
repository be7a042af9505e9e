import { SegmentedControl, useMantineColorScheme } from "@mantine/core";
import { useState } from "react";
import { Facts, Section } from "~/ui/page";

const HUES = "benchbook.hues";

/** Light or dark; and which two colours say better and worse. */
export function Appearance() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [hues, setHues] = useState(document.documentElement.getAttribute("data-hues") ?? "red-green");
  const choose = (value: string) => {
    setHues(value);
    document.documentElement.setAttribute("data-hues", value);
    localStorage.setItem(HUES, value);
  };
  return (
    <Section title="Appearance" note="kept in this browser">
      <Facts
        facts={[
          [
            "Light or dark",
            <SegmentedControl
              key="scheme"
              size="xs"
              aria-label="Light or dark"
              value={colorScheme}
              onChange={(value) => setColorScheme(value === "light" || value === "dark" ? value : "auto")}
              data={[
                { value: "auto", label: "As the system" },
                { value: "light", label: "Light" },
                { value: "dark", label: "Dark" },
              ]}
            />,
          ],
          [
            "Better and worse",
            <SegmentedControl
              key="hues"
              size="xs"
              aria-label="Better and worse"
              value={hues}
              onChange={choose}
              data={[
                { value: "red-green", label: "Green and red" },
                { value: "blue-orange", label: "Blue and orange" },
              ]}
            />,
          ],
        ]}
      />
    </Section>
  );
}
