import { Button, PasswordInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { SubmitEvent } from "react";
import { Section } from "~/ui/page";
import { changePassword } from "./queries";
import styles from "./settings.module.css";

/** Another password for oneself. */
export function Password() {
  const [before, setBefore] = useState("");
  const [after, setAfter] = useState("");
  const change = useMutation({
    mutationFn: () => changePassword(before, after),
    onSuccess: () => {
      setBefore("");
      setAfter("");
      notifications.show({ message: "Your password is changed." });
    },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    change.mutate();
  };
  return (
    <Section title="Password">
      <form className={styles.row} onSubmit={submit}>
        <PasswordInput
          size="xs"
          label="Present password"
          description="Leave it empty if you came by a link"
          autoComplete="current-password"
          value={before}
          onChange={(event) => setBefore(event.currentTarget.value)}
        />
        <PasswordInput
          size="xs"
          label="New password"
          description="At least 12 characters"
          autoComplete="new-password"
          required
          minLength={12}
          value={after}
          onChange={(event) => setAfter(event.currentTarget.value)}
        />
        <Button type="submit" loading={change.isPending}>
          Change
        </Button>
      </form>
    </Section>
  );
}
