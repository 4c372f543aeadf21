/** Why something was not done. Said to screen readers at once. */
export function Refusal({ text }: { text: string | undefined }) {
  return <div role="alert">{text === undefined ? null : <p class="refusal said">{text}</p>}</div>;
}
