import { Button } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import type { ReviewRow } from "~/api/records";
import { may, sessionQuery } from "~/api/session";
import { count, seconds } from "~/ui/figures";
import { PagedGrid } from "~/ui/grid";
import type { Column } from "~/ui/grid";
import { Page, Section } from "~/ui/page";
import { Empty } from "~/ui/states";
import { Progress, Status } from "~/ui/status";
import { When } from "~/ui/when";
import { reviewsQuery } from "./queries";
import styles from "./reviews.module.css";

/** Queues in which people look at answers. */
export function ReviewsPage() {
  const reviews = useInfiniteQuery(reviewsQuery);
  const session = useQuery(sessionQuery);
  const navigate = useNavigate();
  return (
    <Page
      title="Reviews"
      actions={
        may(session.data, "write") && (
          <Button
            variant="filled"
            leftSection={<Plus size={13} aria-hidden />}
            onClick={() => void navigate({ to: "/reviews/new" })}
          >
            Open a review
          </Button>
        )
      }
    >
      <Section title="Queues" note="Enter shows one; people look at answers by the form that a judge fills in">
        <PagedGrid
          list={reviews}
          label="Reviews"
          columns={COLUMNS}
          keyOf={(row) => row.id}
          onOpen={(row) => void navigate({ to: "/reviews/$review", params: { review: row.id } })}
          empty={<Empty says="Nobody has opened a review yet." command="benchbook reviews open first-look.yaml" />}
        />
      </Section>
    </Page>
  );
}

/** What a review is called where its name may not be told. */
export function nameOf(row: ReviewRow): string {
  return row.name ?? `Blind review ${row.id.slice(-6)}`;
}

const COLUMNS: readonly Column<ReviewRow>[] = [
  {
    id: "name",
    header: "Review",
    width: "minmax(110px, 1.4fr)",
    cell: (row) => (
      <Link to="/reviews/$review" params={{ review: row.id }} className="link">
        {nameOf(row)}
      </Link>
    ),
  },
  { id: "status", header: "Status", width: "100px", wide: true, cell: (row) => <Status of={statusOf(row)} /> },
  { id: "rubric", header: "Looks at", width: "minmax(90px, 1fr)", wide: true, cell: (row) => row.rubric },
  {
    id: "votes",
    header: "Votes",
    width: "minmax(120px, 1fr)",
    cell: (row) => (
      <span className={styles.bar}>
        <Progress done={row.items.votes} total={row.items.wanted} label={`Votes of ${nameOf(row)}`} />
        <span className="figures">
          {count(row.items.votes)} / {count(row.items.wanted)}
        </span>
      </span>
    ),
  },
  {
    id: "decide",
    header: "To decide",
    width: "84px",
    right: true,
    wide: true,
    cell: (row) => count(row.items.disputed + row.items.passed_on),
  },
  { id: "each", header: "Per item", width: "80px", right: true, wide: true, cell: (row) => seconds(row.seconds_each) },
  { id: "people", header: "People", width: "70px", right: true, wide: true, cell: (row) => count(row.people) },
  {
    id: "work",
    header: "",
    width: "64px",
    right: true,
    cell: (row) =>
      row.status === "open" && (
        <Link to="/reviews/$review/work" params={{ review: row.id }} className="link">
          Review
        </Link>
      ),
  },
  { id: "when", header: "Opened", width: "96px", right: true, wide: true, cell: (row) => <When at={row.created_at} /> },
];

export function statusOf(row: ReviewRow): string {
  return row.all_done && row.status === "open" ? "done" : row.status;
}
