import { Button, PasswordInput, Select, Switch, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { SubmitEvent } from "react";
import type { User } from "~/api/records";
import { Section } from "~/ui/page";
import { Command, Failure, Rows } from "~/ui/states";
import { addUser, changeUser, linkFor, usersQuery } from "./queries";
import styles from "./settings.module.css";

const ROLES: readonly { readonly value: User["role"]; readonly label: string }[] = [
  { value: "viewer", label: "viewer: reads" },
  { value: "reviewer", label: "reviewer: reads and reviews" },
  { value: "editor", label: "editor: starts and changes, too" },
  { value: "admin", label: "admin: everything" },
];

/** Who may log in, and what they may do. */
export function Users() {
  const users = useQuery(usersQuery);
  const queries = useQueryClient();
  const seen = () => queries.invalidateQueries({ queryKey: ["users"] });
  return (
    <Section title="Users">
      <NewUser onAdded={seen} />
      {users.error !== null ? (
        <Failure error={users.error} />
      ) : users.data === undefined ? (
        <Rows rows={3} />
      ) : (
        <ul className={styles.list}>
          {users.data.map((user) => (
            <UserItem key={user.id} user={user} onChanged={seen} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function NewUser({ onAdded }: { readonly onAdded: () => Promise<unknown> }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<User["role"]>("viewer");
  const [password, setPassword] = useState("");
  const add = useMutation({
    mutationFn: () => addUser(name, role, password),
    onSuccess: () => {
      setName("");
      setPassword("");
      return onAdded();
    },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <form className={styles.row} onSubmit={submit}>
      <TextInput
        label="Name"
        required
        autoComplete="off"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Role value={role} onChange={setRole} label="Role" />
      <PasswordInput
        size="xs"
        label="Password"
        placeholder="None: by a link"
        autoComplete="new-password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <Button type="submit" loading={add.isPending}>
        Add
      </Button>
    </form>
  );
}

function UserItem({ user, onChanged }: { readonly user: User; readonly onChanged: () => Promise<unknown> }) {
  const change = useMutation({
    mutationFn: (to: Partial<Pick<User, "role" | "disabled">>) => changeUser(user.id, to),
    onSuccess: onChanged,
  });
  const link = useMutation({ mutationFn: () => linkFor(user.id) });
  return (
    <li>
      <strong>{user.name}</strong>
      <Role value={user.role} onChange={(role) => change.mutate({ role })} aria={`Role of ${user.name}`} />
      <Switch
        label="May log in"
        aria-label={`${user.name} may log in`}
        checked={!user.disabled}
        onChange={(event) => change.mutate({ disabled: !event.currentTarget.checked })}
      />
      <Button size="compact-xs" loading={link.isPending} onClick={() => link.mutate()}>
        One-time link
      </Button>
      {link.data !== undefined && <Command command={link.data} />}
    </li>
  );
}

interface RoleProps {
  readonly value: User["role"];
  readonly onChange: (role: User["role"]) => void;
  readonly label?: string;
  readonly aria?: string;
}

function Role({ value, onChange, label, aria }: RoleProps) {
  return (
    <Select
      label={label}
      aria-label={aria}
      w={230}
      data={ROLES}
      value={value}
      onChange={(chosen) => {
        const role = ROLES.find((one) => one.value === chosen);
        if (role !== undefined) onChange(role.value);
      }}
    />
  );
}
