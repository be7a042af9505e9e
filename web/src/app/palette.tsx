import { Spotlight } from "@mantine/spotlight";
import type { SpotlightActionData } from "@mantine/spotlight";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { FlaskConical, Keyboard, Moon, Plus, Scale } from "lucide-react";
import { useState } from "react";
import { ago, count } from "~/ui/figures";
import { foundQuery } from "./found";
import { PLACES } from "./navigation";

interface PaletteProps {
  readonly onKeys: () => void;
  readonly onScheme: () => void;
}

/** Ctrl-K: pages, actions, and the newest experiments by name. */
export function Palette({ onKeys, onScheme }: PaletteProps) {
  const navigate = useNavigate();
  const [opened, setOpened] = useState(false);
  const { data: found = [] } = useQuery({ ...foundQuery, enabled: opened });
  const actions: SpotlightActionData[] = [
    ...PLACES.map(({ to, name, Icon, keys }) => ({
      id: to,
      label: name,
      description: keys,
      leftSection: <Icon size={16} aria-hidden />,
      onClick: () => void navigate({ to }),
    })),
    {
      id: "start",
      label: "New experiment",
      description: "g n",
      leftSection: <Plus size={16} aria-hidden />,
      onClick: () => void navigate({ to: "/experiments/new" }),
    },
    {
      id: "judge",
      label: "Judge answers",
      description: "g a",
      leftSection: <Scale size={16} aria-hidden />,
      onClick: () => void navigate({ to: "/judge" }),
    },
    { id: "keys", label: "Keys", description: "?", leftSection: <Keyboard size={16} aria-hidden />, onClick: onKeys },
    {
      id: "scheme",
      label: "Light or dark",
      description: "g l",
      leftSection: <Moon size={16} aria-hidden />,
      onClick: onScheme,
    },
    ...found.map(({ id, name, runs, created_at }) => ({
      id,
      label: name,
      description: `${count(runs)} ${runs === 1 ? "run" : "runs"}, ${ago(new Date(created_at), new Date())}`,
      leftSection: <FlaskConical size={16} aria-hidden />,
      onClick: () => void navigate({ to: "/experiments/$experiment", params: { experiment: id } }),
    })),
  ];
  return (
    <Spotlight
      actions={actions}
      shortcut={null}
      limit={12}
      scrollable
      maxHeight={420}
      highlightQuery
      nothingFound="Nothing of that name."
      onSpotlightOpen={() => setOpened(true)}
      searchProps={{ placeholder: "A page, an action, an experiment …", "aria-label": "Find" }}
    />
  );
}
