import { useQuery } from "@tanstack/react-query";
import { sessionQuery } from "~/api/session";
import { Page } from "~/ui/page";
import { Appearance } from "./appearance";
import { Keys } from "./keys";
import { Password } from "./password";
import { Users } from "./users";

/** How it looks, who may do what, and with which keys. */
export function SettingsPage() {
  const { data: session } = useQuery(sessionQuery);
  const named = session?.auth === true && session.user !== null;
  return (
    <Page title="Settings">
      <Appearance />
      {named && <Password />}
      {named && <Keys scopes={session.scopes} />}
      {session?.scopes.includes("admin") === true && <Users />}
    </Page>
  );
}
