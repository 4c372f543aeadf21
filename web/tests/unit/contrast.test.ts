import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const TOKENS = readFileSync(new URL("../../src/style/tokens.css", import.meta.url), "utf8");

function colours(theme: string): Map<string, string> {
  const block = TOKENS.split(`:root[data-theme="${theme}"]`)[1]?.split("}")[0] ?? "";
  return new Map([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map(([, name, value]) => [name as string, value as string]));
}

// WCAG 2.2, "relative luminance" and "contrast ratio".
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

test("black on white is 21, as WCAG says", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21);
});

test("every text has a contrast of 4.5 on its ground in both themes", () => {
  for (const theme of ["dark", "light"]) {
    const found = colours(theme);
    const pairs = [...found.keys()].filter((name) => name.startsWith("on-"));
    expect(pairs.length).toBeGreaterThan(12);
    for (const name of pairs) {
      const ground = found.get(name.slice(3));
      expect(ground, `ground of ${name}`).toBeDefined();
      expect(contrast(found.get(name) as string, ground as string), `${name}, ${theme}`).toBeGreaterThanOrEqual(4.5);
    }
  }
});

test("quiet text, links and traces are seen on every ground of both themes", () => {
  for (const theme of ["dark", "light"]) {
    const found = colours(theme);
    for (const text of ["on-quiet", "accent"]) {
      for (const ground of ["ground", "surface", "raised"]) {
        const name = `${text} on ${ground}, ${theme}`;
        expect(contrast(found.get(text) as string, found.get(ground) as string), name).toBeGreaterThanOrEqual(4.5);
      }
    }
    expect(contrast(found.get("trace") as string, found.get("surface") as string)).toBeGreaterThanOrEqual(3);
  }
});
