import { Button, MultiSelect, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { SubmitEvent } from "react";
import type { ApiKey, Scope } from "~/api/records";
import { Section } from "~/ui/page";
import { Command, Empty, Failure, Rows } from "~/ui/states";
import { When } from "~/ui/when";
import { addKey, keysQuery, revokeKey } from "./queries";
import styles from "./settings.module.css";

/** One's own API keys: shown once, when they are made. */
export function Keys({ scopes }: { readonly scopes: readonly Scope[] }) {
  const keys = useQuery(keysQuery);
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<readonly Scope[]>(["read"]);
  const seen = () => queries.invalidateQueries({ queryKey: ["keys"] });
  const add = useMutation({
    mutationFn: () => addKey(name, chosen),
    onSuccess: () => {
      setName("");
      return seen();
    },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <Section
      title="API keys"
      note={
        <>
          sent as <code>Authorization: Bearer bb_…</code>
        </>
      }
    >
      <form className={styles.row} onSubmit={submit}>
        <TextInput label="Name" required value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <MultiSelect
          label="May"
          size="xs"
          required
          data={[...scopes]}
          value={[...chosen]}
          onChange={(values) => setChosen(scopes.filter((scope) => values.includes(scope)))}
        />
        <Button type="submit" loading={add.isPending} disabled={chosen.length === 0}>
          Make a key
        </Button>
      </form>
      {add.data !== undefined && (
        <div className={styles.secret} role="status">
          <p>Keep it now: it is shown this once.</p>
          <Command command={add.data} />
        </div>
      )}
      {keys.error !== null ? (
        <Failure error={keys.error} />
      ) : keys.data === undefined ? (
        <Rows rows={3} />
      ) : keys.data.length === 0 ? (
        <Empty says="You have no key." />
      ) : (
        <ul className={styles.list}>
          {keys.data.map((key) => (
            <KeyItem key={key.id} of={key} onRevoked={seen} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function KeyItem({ of, onRevoked }: { readonly of: ApiKey; readonly onRevoked: () => Promise<unknown> }) {
  const revoke = useMutation({ mutationFn: () => revokeKey(of.id), onSuccess: onRevoked });
  return (
    <li>
      <strong>{of.name}</strong>
      <span className="quiet">{of.scopes.join(", ")}</span>
      <span className="quiet">
        made <When at={of.created_at} />, used {of.last_used_at === null ? "never" : <When at={of.last_used_at} />}
      </span>
      {of.revoked_at === null ? (
        <Button size="compact-xs" loading={revoke.isPending} onClick={() => revoke.mutate()}>
          Revoke
        </Button>
      ) : (
        <span className="quiet">revoked</span>
      )}
    </li>
  );
}
