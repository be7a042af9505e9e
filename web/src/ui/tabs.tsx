import { Tabs as MantineTabs } from "@mantine/core";
import type { ReactNode } from "react";

interface TabsProps<T extends string> {
  readonly value: T;
  readonly onChange: (tab: T) => void;
  readonly tabs: readonly { readonly value: T; readonly name: ReactNode }[];
  readonly children: ReactNode;
}

/** Parts of a page of which one is shown; which one stands in the address. */
export function Tabs<T extends string>({ value, onChange, tabs, children }: TabsProps<T>) {
  return (
    <MantineTabs
      value={value}
      onChange={(tab) => {
        const found = tabs.find((one) => one.value === tab);
        if (found !== undefined) onChange(found.value);
      }}
      keepMounted={false}
    >
      <MantineTabs.List mb={12}>
        {tabs.map((tab) => (
          <MantineTabs.Tab key={tab.value} value={tab.value} px={10} py={7}>
            {tab.name}
          </MantineTabs.Tab>
        ))}
      </MantineTabs.List>
      <MantineTabs.Panel value={value}>{children}</MantineTabs.Panel>
    </MantineTabs>
  );
}
