import type { Me } from "../model/session.ts";
import { get, newKey, post, remove } from "./http.ts";

export const signIn = (person: string, password: string): Promise<unknown> =>
  post("/session", { person, password }, newKey());

export const signOut = (): Promise<void> => remove("/session");

export const getMe = (): Promise<Me> => get("/me");

/** Another person at this screen: for one minute the token answers in their name. */
export const confirm = (person: string, pin: string): Promise<{ token: string }> =>
  post("/session/confirm", { person, pin }, newKey());
