import { Link, useRouter } from "@tanstack/react-router";
import type { ErrorComponentProps } from "@tanstack/react-router";
import { Page } from "~/ui/page";
import { Empty, Failure } from "~/ui/states";

/** An address that leads nowhere. */
export function NotFound() {
  return (
    <Page title="Not found">
      <Empty
        says="There is no page at this address."
        action={
          <Link to="/" className="link">
            To the dashboard
          </Link>
        }
      />
    </Page>
  );
}

/** A page that broke. */
export function Wrong({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const again = () => {
    reset();
    void router.invalidate();
  };
  return (
    <Page title="Something broke">
      <Failure error={error instanceof Error ? error : new Error(String(error))} onRetry={again} />
    </Page>
  );
}
