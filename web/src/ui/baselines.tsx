import { Autocomplete, Button, Group, Menu, Modal } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Pin } from "lucide-react";
import { useState } from "react";
import { baselinesQuery, heldAgainst, namesOf, removeBaseline, setBaseline } from "~/api/baselines";
import type { Baseline, RunRow } from "~/api/records";
import { may, sessionQuery } from "~/api/session";
import styles from "./baselines.module.css";

/** That a run is a baseline, and which. */
export function BaselineMark({ run }: { readonly run: string }) {
  const names = namesOf(useQuery(baselinesQuery).data ?? [], run);
  if (names.length === 0) return null;
  return (
    <span className={styles.mark} title="Other runs are held against this one">
      <Pin size={11} aria-hidden /> baseline {names.join(", ")}
    </span>
  );
}

/** To hold runs against their baseline, and to make them one. */
export function Baselines({ runs }: { readonly runs: readonly RunRow[] }) {
  const baselines = useQuery(baselinesQuery).data ?? [];
  const session = useQuery(sessionQuery).data;
  const [opened, { open, close }] = useDisclosure(false);
  const own = runs.filter((run) => run.rubric === null);
  const done = own.filter((run) => run.status === "completed");
  const held = heldAgainst(baselines, own);
  const [only] = held;
  return (
    <>
      {held.length === 1 && only !== undefined && (
        <Button renderRoot={(props) => <Link to="/compare" search={{ runs: only.runs.join(",") }} {...props} />}>
          Compare with {only.name}
        </Button>
      )}
      {held.length > 1 && (
        <Menu position="bottom-end">
          <Menu.Target>
            <Button>Compare with baseline</Button>
          </Menu.Target>
          <Menu.Dropdown>
            {held.map((one) => (
              <Menu.Item
                key={one.runs[0]}
                renderRoot={(props) => <Link to="/compare" search={{ runs: one.runs.join(",") }} {...props} />}
              >
                {one.name} <span className="quiet">{toldOf(baselines, one.runs[0])}</span>
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      {done.length > 0 && may(session, "write") && (
        <>
          <Button leftSection={<Pin size={13} aria-hidden />} onClick={open}>
            Set as baseline
          </Button>
          <Modal opened={opened} onClose={close} title="Baseline">
            <Choice runs={done} baselines={baselines} onDone={close} />
          </Modal>
        </>
      )}
    </>
  );
}

interface ChoiceProps {
  readonly runs: readonly RunRow[];
  readonly baselines: readonly Baseline[];
  readonly onDone: () => void;
}

function Choice({ runs, baselines, onDone }: ChoiceProps) {
  const names = [...new Set(baselines.map((one) => one.name))];
  const [typed, setName] = useState<string>();
  const name = typed ?? names[0] ?? "main";
  const queries = useQueryClient();
  const onSuccess = async () => {
    await queries.invalidateQueries({ queryKey: baselinesQuery.queryKey });
    onDone();
  };
  const set = useMutation({ mutationFn: () => setBaseline(name.trim(), runs), onSuccess });
  const remove = useMutation({ mutationFn: () => removeBaseline(name.trim()), onSuccess });
  const standing = baselines.filter((one) => one.name === name.trim() && one.branch === "").length;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        set.mutate();
      }}
    >
      <Autocomplete
        label="Name"
        description={
          names.includes(name.trim())
            ? "These runs take the place of those that have the name, each for its task and model."
            : "Gates and comparisons can then name it."
        }
        data={[...names]}
        data-autofocus
        openOnFocus={false}
        value={name}
        onChange={setName}
        error={set.isError}
      />
      <ul className={styles.runs}>
        {runs.map((run) => (
          <li key={run.id}>
            {run.model} <span className="quiet">on {run.task}</span>
          </li>
        ))}
      </ul>
      <Group gap="xs">
        <Button type="submit" variant="filled" loading={set.isPending} disabled={name.trim() === ""}>
          Set
        </Button>
        {standing > 0 && (
          <Button
            loading={remove.isPending}
            title="The name then means nothing; what it meant stays in the history"
            onClick={() => remove.mutate()}
          >
            Remove {name.trim()} ({standing === 1 ? "1 run" : `${standing} runs`})
          </Button>
        )}
      </Group>
    </form>
  );
}

function toldOf(baselines: readonly { run_id: string | null; model: string; task: string }[], run: string | undefined) {
  const base = baselines.find((one) => one.run_id === run);
  return base === undefined ? "" : `${base.model} on ${base.task}`;
}
