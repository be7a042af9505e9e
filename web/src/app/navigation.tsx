import { Link } from "@tanstack/react-router";
import {
  Boxes,
  ClipboardCheck,
  Database,
  FlaskConical,
  GitCompareArrows,
  LayoutDashboard,
  ListChecks,
  ListTodo,
  Plus,
  Scale,
  Settings,
  ThumbsUp,
} from "lucide-react";
import styles from "./navigation.module.css";
import { SignedIn } from "~/session/signed-in";

export const PLACES = [
  { to: "/", name: "Dashboard", Icon: LayoutDashboard, keys: "g d" },
  { to: "/experiments", name: "Experiments", Icon: FlaskConical, keys: "g e" },
  { to: "/runs", name: "Runs", Icon: ListChecks, keys: "g r" },
  { to: "/compare", name: "Compare", Icon: GitCompareArrows, keys: "g c" },
  { to: "/judging", name: "Judges", Icon: Scale, keys: "g j" },
  { to: "/reviews", name: "Reviews", Icon: ClipboardCheck, keys: "g v" },
  { to: "/preferences", name: "Preferences", Icon: ThumbsUp, keys: "g p" },
  { to: "/data", name: "Data", Icon: Database, keys: "g t" },
  { to: "/jobs", name: "Jobs", Icon: ListTodo, keys: "g o" },
  { to: "/settings", name: "Settings", Icon: Settings, keys: "g s" },
] as const;

/** Where one can go. */
export function Navigation({ onGo }: { readonly onGo?: () => void }) {
  return (
    <nav aria-label="Pages" className={styles.nav}>
      <div className={styles.brand}>
        <Boxes size={16} aria-hidden /> Benchbook
      </div>
      <Link to="/experiments/new" className={styles.start} onClick={onGo}>
        <Plus size={14} aria-hidden /> New experiment
      </Link>
      {PLACES.map(({ to, name, Icon, keys }) => (
        <Link
          key={to}
          to={to}
          onClick={onGo}
          className={styles.place}
          activeOptions={{ exact: to === "/", includeSearch: false }}
          activeProps={{ "data-here": true, "aria-current": "page" }}
        >
          <Icon size={15} aria-hidden />
          {name}
          <span className={styles.keys} aria-hidden>
            {keys}
          </span>
        </Link>
      ))}
      <SignedIn />
    </nav>
  );
}
