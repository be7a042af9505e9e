import { Button, PasswordInput, TextInput, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useLocation, useRouter } from "@tanstack/react-router";
import { Boxes } from "lucide-react";
import { useState } from "react";
import type { SubmitEvent } from "react";
import { logIn, logInBy } from "./queries";
import styles from "./session.module.css";

const route = getRouteApi("/login");

/** Name and password; or the one-time link that the server prints when it starts for the first time. */
export function LoginPage() {
  const { to = "/" } = route.useSearch();
  const token = useTokenOfLink();
  const router = useRouter();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const enter = useMutation({
    mutationFn: () => (token === undefined ? logIn(name, password) : logInBy(token)),
    meta: { quiet: true },
    onSuccess: async () => {
      queries.clear();
      await router.invalidate();
      router.history.replace(to);
    },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    enter.mutate();
  };
  return (
    <main className={styles.login}>
      <form className={styles.card} onSubmit={submit}>
        <Title order={1}>
          <Boxes size={20} aria-hidden /> Benchbook
        </Title>
        {token === undefined ? (
          <>
            <TextInput
              label="Name"
              autoComplete="username"
              required
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <PasswordInput
              label="Password"
              size="xs"
              autoComplete="current-password"
              required
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
          </>
        ) : (
          <p>This link logs you in, once. Set a password in the settings, to come back without a link.</p>
        )}
        {enter.error !== null && (
          <div role="alert" className={styles.wrong}>
            {enter.error.message}
          </div>
        )}
        <Button type="submit" variant="filled" loading={enter.isPending}>
          Log in
        </Button>
      </form>
    </main>
  );
}

/** What a one-time link bears, in the part of the address that no server is told. */
function useTokenOfLink(): string | undefined {
  const { hash } = useLocation();
  return new URLSearchParams(hash).get("token") ?? undefined;
}
