// A copy of the sheet as a file that needs nothing else.

const LOOK =
  "body{font:14px/1.4 sans-serif;margin:24px}table{border-collapse:collapse;width:100%}" +
  "th,td{border:1px solid #999;padding:4px 8px;text-align:left;vertical-align:top}";

/** What stands on the sheet is serialised by the browser, so that names with markup stay text. */
const page = (sheet: HTMLElement): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>Vigil downtime sheet</title><style>${LOOK}</style>${sheet.outerHTML}</html>`;

export function keepCopy(sheet: HTMLElement | null, now_us: number): void {
  if (!sheet) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([page(sheet)], { type: "text/html" }));
  link.download = `vigil-downtime-${new Date(now_us / 1000).toISOString().slice(0, 16).replace(":", "")}.html`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
