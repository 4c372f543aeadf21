import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { newKey } from "../api/http.ts";
import { inWords } from "../api/problem.ts";
import { Refusal } from "./Refusal.tsx";

interface Props {
  verb: string;
  /** Does it; resolves once it is on record. */
  act: (fields: FormData, key: string) => Promise<unknown>;
  /** After it is on record. */
  done: () => void;
  isDangerous?: boolean;
  children?: ComponentChildren;
}

/** Something to be done once: the same key until what it says changes, and nothing is claimed before the answer. */
export function ActionForm({ verb, act, done, children, isDangerous = false }: Props) {
  const [key, setKey] = useState(newKey);
  const [isSending, setSending] = useState(false);
  const [refusal, setRefusal] = useState<string>();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    setSending(true);
    setRefusal(undefined);
    try {
      await act(fields, key);
      setKey(newKey());
      done();
    } catch (error) {
      setRefusal(inWords(error));
    }
    setSending(false);
  };
  return (
    <form class="form" onSubmit={(event) => void submit(event as unknown as SubmitEvent)} onInput={() => setKey(newKey())}>
      {children}
      <Refusal text={refusal} />
      <div class="form-end">
        <button type="submit" class={isDangerous ? "button button-danger" : "button button-main"} disabled={isSending}>
          {isSending ? "Waiting for the commit" : verb}
        </button>
      </div>
    </form>
  );
}

export const textOf = (fields: FormData, name: string): string => String(fields.get(name) ?? "").trim();
