import { render } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";
import { useKeys } from "~/ui/use-keys";

function Page({ answers }: { readonly answers: Parameters<typeof useKeys>[0] }) {
  useKeys(answers);
  return <input aria-label="field" />;
}

test("keys are answered, one alone or one after the other, but not while someone types", async () => {
  const said: string[] = [];
  const { getByLabelText } = render(
    <Page answers={{ down: () => said.push("down"), dashboard: () => said.push("dashboard") }} />,
  );
  await userEvent.keyboard("j");
  await userEvent.keyboard("gd");
  await userEvent.click(getByLabelText("field"));
  await userEvent.keyboard("jgd");
  expect(said).toEqual(["down", "dashboard"]);
});

test("a key that the page no longer answers is answered by nobody", async () => {
  const said: string[] = [];
  const { unmount } = render(<Page answers={{ down: () => said.push("down") }} />);
  unmount();
  await userEvent.keyboard("j");
  expect(said).toEqual([]);
});
