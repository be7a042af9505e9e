import { Menu } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ChevronsUpDown, CircleUser } from "lucide-react";
import { sessionQuery } from "~/api/session";
import { logOut } from "./queries";
import styles from "./session.module.css";

/** Who one is; nobody in particular where the server asks for no name. */
export function SignedIn() {
  const { data: session } = useQuery(sessionQuery);
  const queries = useQueryClient();
  const navigate = useNavigate();
  if (session?.user == null || !session.auth) return null;
  const leave = async () => {
    await logOut();
    queries.clear();
    await navigate({ to: "/login" });
  };
  return (
    <Menu position="top-start" width={180}>
      <Menu.Target>
        <button type="button" className={styles.who}>
          <CircleUser size={15} aria-hidden />
          <span className="clip">{session.user.name}</span>
          <span className={styles.role}>{session.user.role}</span>
          <ChevronsUpDown size={12} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => void navigate({ to: "/settings" })}>Settings and keys</Menu.Item>
        <Menu.Item onClick={() => void leave()}>Log out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
