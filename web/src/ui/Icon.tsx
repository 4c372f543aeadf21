const PATHS = {
  high: "M12 2 1.5 21h21L12 2Zm-1.2 7h2.4v6.2h-2.4V9Zm0 7.8h2.4v2.3h-2.4v-2.3Z",
  medium: "M12 3 2 20.5h20L12 3Zm0 4.4 6.4 11.2H5.6L12 7.4Zm-1 3.4v4h2v-4h-2Zm0 5v1.8h2v-1.8h-2Z",
  low: "M12 2.5a9.5 9.5 0 1 0 0 19 9.5 9.5 0 0 0 0-19Zm-1.1 4.9h2.2v6.4h-2.2V7.4Zm0 7.9h2.2v2.2h-2.2v-2.2Z",
  technical: "M14.7 3.3a5.4 5.4 0 0 0-6.5 7.2l-6 6 3.3 3.3 6-6a5.4 5.4 0 0 0 7.2-6.6l-3.2 3.2-2.9-.8-.8-2.9 2.9-3.4Z",
  sound: "M4 9v6h4l5 4V5L8 9H4Zm12.2-1.2v8.4a5 5 0 0 0 0-8.4ZM16 3.6v2.1a6.6 6.6 0 0 1 0 12.6v2.1A8.7 8.7 0 0 0 16 3.6Z",
  silent: "M4 9v6h4l5 4V5L8 9H4Zm12 .6L14.6 11l2 2-2 2 1.4 1.4 2-2 2 2 1.4-1.4-2-2 2-2L20 9.6l-2 2-2-2Z",
  standby: "M7 4h4v16H7V4Zm6 0h4v16h-4V4Z",
  bed: "M3 5v14h2v-3h14v3h2v-6a4 4 0 0 0-4-4h-6v5H5V5H3Zm5 4.2a1.9 1.9 0 1 0 0 3.8 1.9 1.9 0 0 0 0-3.8Z",
  sun: "M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10Zm-1-6h2v4h-2V1Zm0 18h2v4h-2v-4ZM1 11h4v2H1v-2Zm18 0h4v2h-4v-2Z",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z",
} as const;

export type IconName = keyof typeof PATHS;

/** Beside a word, never instead of one. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg viewBox="0 0 24 24" width="18" height="18" fill="currentColor" fill-rule="evenodd" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
