import { useState } from "preact/hooks";
import { signIn } from "../../api/sessions.ts";
import { inWords, Problem } from "../../api/problem.ts";
import { begin } from "../../state/feed.ts";
import { isExpired } from "../../state/session.ts";
import { draft } from "../../state/answering.ts";
import { Refusal } from "../../ui/Refusal.tsx";

function explain(error: unknown): string {
  if (error instanceof Problem && error.status === 401) return "No account with this name and password.";
  if (error instanceof Problem && error.status === 429) return "Too many attempts. Wait some minutes, or ask an administrator.";
  return inWords(error);
}

/** Covers everything: nothing of a patient is on the screen before somebody has signed in. */
export function SignInPage() {
  const [refusal, setRefusal] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    setRefusal(undefined);
    try {
      await signIn(String(form.get("person")).trim(), String(form.get("password")));
      await begin();
    } catch (error) {
      setRefusal(explain(error));
    }
    setBusy(false);
  };
  return (
    <main class="signin">
      <form class="card form signin-card" onSubmit={(event) => void submit(event as unknown as SubmitEvent)}>
        <h1 class="brand">
          <img src="/vigil.svg" width="36" height="36" alt="" /> Vigil
        </h1>
        {isExpired.value ? (
          <p class="not-live" role="alert">
            <strong>NOT WATCHED</strong> The session ended by itself.
          </p>
        ) : null}
        <p class="muted">
          Nobody is signed in, so no patient is shown and no alarm sounds here. Who is paged is asked on all the same.
        </p>
        {draft.value ? <p class="refusal">Your answer was not sent. Sign in as {draft.value.person} to go on with it.</p> : null}
        <label class="field">
          <span>Name</span>
          <input class="input" name="person" autocomplete="username" required autofocus spellcheck={false} />
        </label>
        <label class="field">
          <span>Password</span>
          <input class="input" name="password" type="password" autocomplete="current-password" required />
        </label>
        <Refusal text={refusal} />
        <button type="submit" class="button button-main" disabled={isBusy}>
          {isBusy ? "Asking" : "Sign in"}
        </button>
      </form>
    </main>
  );
}
