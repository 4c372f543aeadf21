// Tiles in a grid. Pure.

export const TILE_PX_MIN = 320;
export const GAP_PX = 12;

export const columnsOf = (width_px: number): number =>
  Math.max(1, Math.floor((width_px + GAP_PX) / (TILE_PX_MIN + GAP_PX)));

/** Where an arrow leads from tile `at`; at an edge it stays. */
export function step(at: number, key: string, columns: number, count: number): number | undefined {
  const to = {
    ArrowRight: at + 1,
    ArrowLeft: at - 1,
    ArrowDown: at + columns,
    ArrowUp: at - columns,
    Home: 0,
    End: count - 1,
  }[key];
  if (to === undefined) return undefined;
  return to < 0 || to >= count ? at : to;
}
