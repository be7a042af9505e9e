import { queryOptions } from "@tanstack/react-query";
import { api, bodyOf } from "~/api/client";
import type { Scope, User } from "~/api/records";

export const usersQuery = queryOptions({
  queryKey: ["users"],
  queryFn: async () => (await bodyOf(api.GET("/api/users", { params: { query: { limit: 200 } } }))).items,
});

export const keysQuery = queryOptions({ queryKey: ["keys"], queryFn: () => bodyOf(api.GET("/api/keys")) });

export async function addUser(name: string, role: User["role"], password: string): Promise<void> {
  await bodyOf(api.POST("/api/users", { body: { name, role, password: password === "" ? null : password } }));
}

type Change = Partial<Pick<User, "role" | "disabled">>;

export async function changeUser(id: string, { role, disabled }: Change): Promise<void> {
  await bodyOf(
    api.PATCH("/api/users/{user_id}", {
      params: { path: { user_id: id } },
      body: { role: role ?? null, disabled: disabled ?? null, password: null },
    }),
  );
}

/** A link that lets a user in once, to give themselves a password. */
export async function linkFor(id: string): Promise<string> {
  const link = await bodyOf(api.POST("/api/users/{user_id}/link", { params: { path: { user_id: id } } }));
  return `${location.origin}/login#token=${encodeURIComponent(link.token)}`;
}

export async function changePassword(before: string, after: string): Promise<void> {
  await bodyOf(api.POST("/api/session/password", { body: { old: before === "" ? null : before, new: after } }));
}

export async function addKey(name: string, scopes: readonly Scope[]): Promise<string> {
  return (await bodyOf(api.POST("/api/keys", { body: { name, scopes: [...scopes] } }))).secret;
}

export async function revokeKey(id: string): Promise<void> {
  await bodyOf(api.DELETE("/api/keys/{key_id}", { params: { path: { key_id: id } } }));
}
