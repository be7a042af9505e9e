import { api, bodyOf, rememberCsrf } from "~/api/client";

export async function logIn(name: string, password: string): Promise<void> {
  await bodyOf(api.POST("/api/session", { body: { name, password, token: "" } }));
}

export async function logInBy(token: string): Promise<void> {
  await bodyOf(api.POST("/api/session", { body: { token, name: "", password: "" } }));
}

export async function logOut(): Promise<void> {
  await bodyOf(api.DELETE("/api/session"));
  rememberCsrf(null);
}
