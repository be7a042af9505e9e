import { ActionIcon, Drawer, Tooltip, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { spotlight } from "@mantine/spotlight";
import { Outlet, useNavigate } from "@tanstack/react-router";
import { Keyboard, Menu, Moon, Search, Sun } from "lucide-react";
import { useLive } from "./live";
import { KeyList } from "./key-list";
import { Navigation } from "./navigation";
import { Palette } from "./palette";
import { useKeys } from "~/ui/use-keys";
import styles from "./shell.module.css";

/** What stands around every page: where one can go, what one can search, the keys. */
export function Shell() {
  const [menu, { open, close }] = useDisclosure(false);
  const [keys, listed] = useDisclosure(false);
  const toggle = useSchemeToggle();
  useGoing();
  useLive();
  useKeys({ palette: spotlight.open, keys: listed.open, theme: toggle, search: focusSearch });
  return (
    <div className={styles.shell}>
      <a href="#page" className={styles.skip}>
        To the content
      </a>
      <aside className={styles.side}>
        <Navigation />
        <Tools onKeys={listed.open} onScheme={toggle} />
      </aside>
      <header className={styles.bar}>
        <ActionIcon variant="subtle" color="gray" aria-label="Menu" onClick={open}>
          <Menu size={18} />
        </ActionIcon>
        <span className={styles.name}>Benchbook</span>
        <ActionIcon variant="subtle" color="gray" aria-label="Find a page or an action" onClick={spotlight.open}>
          <Search size={16} />
        </ActionIcon>
      </header>
      <Drawer opened={menu} onClose={close} size={240} title="Pages">
        <Navigation onGo={close} />
        <Tools onKeys={listed.open} onScheme={toggle} />
      </Drawer>
      <main id="page" className={styles.main} tabIndex={-1}>
        <Outlet />
      </main>
      <Palette onKeys={listed.open} onScheme={toggle} />
      <KeyList opened={keys} onClose={listed.close} />
    </div>
  );
}

interface ToolsProps {
  readonly onKeys: () => void;
  readonly onScheme: () => void;
}

function Tools({ onKeys, onScheme }: ToolsProps) {
  const scheme = useComputedColorScheme("light");
  return (
    <div className={styles.tools}>
      <button type="button" className={styles.find} onClick={spotlight.open}>
        <Search size={13} aria-hidden /> Find <kbd>Ctrl K</kbd>
      </button>
      <Tooltip label="Keys (?)">
        <ActionIcon variant="subtle" color="gray" aria-label="Keys" onClick={onKeys}>
          <Keyboard size={15} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={scheme === "dark" ? "Light (g l)" : "Dark (g l)"}>
        <ActionIcon variant="subtle" color="gray" aria-label="Light or dark" onClick={onScheme}>
          {scheme === "dark" ? <Sun size={15} /> : <Moon size={15} />}
        </ActionIcon>
      </Tooltip>
    </div>
  );
}

function useSchemeToggle(): () => void {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  return () => setColorScheme(scheme === "dark" ? "light" : "dark");
}

function useGoing(): void {
  const navigate = useNavigate();
  useKeys({
    dashboard: () => void navigate({ to: "/" }),
    experiments: () => void navigate({ to: "/experiments" }),
    runs: () => void navigate({ to: "/runs" }),
    compare: () => void navigate({ to: "/compare" }),
    judging: () => void navigate({ to: "/judging" }),
    reviews: () => void navigate({ to: "/reviews" }),
    data: () => void navigate({ to: "/data" }),
    preferences: () => void navigate({ to: "/preferences" }),
    jobs: () => void navigate({ to: "/jobs" }),
    judge: () => void navigate({ to: "/judge" }),
    settings: () => void navigate({ to: "/settings" }),
    start: () => void navigate({ to: "/experiments/new" }),
  });
}

function focusSearch(): void {
  document.querySelector<HTMLInputElement>("main [type='search']")?.focus();
}
