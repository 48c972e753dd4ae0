import type { Page } from 'playwright-core';

interface Contrast {
  /** The text, shortened. */
  readonly text: string;
  readonly color: string;
  readonly behind: string;
  /** (L₁ + 0.05) ÷ (L₂ + 0.05), from 1 to 21. */
  readonly ratio: number;
  /** What WCAG 2.2 asks for at level AA (success criterion 1.4.3): 3 for large text, else 4.5. */
  readonly least: number;
}

interface Seen {
  readonly text: string;
  readonly color: string;
  /** From the element outward. */
  readonly backgrounds: readonly string[];
  readonly isLarge: boolean;
}

/** The contrast of every text on a page with what the browser draws behind it, folded parts included. */
export async function contrastsOf(page: Page): Promise<Contrast[]> {
  const seen = await page.evaluate<Seen[]>(SEE_TEXTS);
  return seen.map(({ text, color, backgrounds, isLarge }) => {
    const behind = backgrounds.map(parse).reduceRight((below, layer) => over(layer, below), WHITE);
    const shown = over(parse(color), behind);
    const [light, dark] = [luminance(shown), luminance(behind)].sort((a, b) => b - a) as [number, number];
    const ratio = (light + FLARE) / (dark + FLARE);
    return { text, color, behind: `rgb(${behind.join(' ')})`, ratio, least: isLarge ? LARGE : NORMAL };
  });
}

const NORMAL = 4.5;
const LARGE = 3;
const FLARE = 0.05;

type Color = readonly [red: number, green: number, blue: number, alpha: number];
const WHITE: Color = [255, 255, 255, 1];

/** `rgb(1, 2, 3)` and `rgba(1, 2, 3, 0.5)`, as computed styles have them. */
function parse(text: string): Color {
  const [red, green, blue, alpha = 1] = (text.match(/[\d.]+/g) ?? []).map(Number);
  if (!text.startsWith('rgb') || red === undefined || green === undefined || blue === undefined)
    throw new Error(`a color that is not RGB: ${text}`);
  return [red, green, blue, alpha];
}

function over([red, green, blue, alpha]: Color, below: Color): Color {
  const mixed = [red, green, blue].map((value, i) => alpha * value + (1 - alpha) * (below[i] as number));
  return [mixed[0] as number, mixed[1] as number, mixed[2] as number, 1];
}

/** Relative luminance of sRGB (WCAG 2.2). */
function luminance([red, green, blue]: Color): number {
  const linear = (value: number) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

/** Runs in the page. Text of a chart is drawn with `fill`. */
const SEE_TEXTS = `
  [...document.querySelectorAll('details')].forEach((fold) => { fold.open = true; });
  (() => {
    const seen = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const element = node.parentElement;
      const text = node.data.trim();
      if (text === '' || element.closest('script, style, title') || element.getClientRects().length === 0) continue;
      const style = getComputedStyle(element);
      const backgrounds = [];
      for (let at = element; at !== null; at = at.parentElement) backgrounds.push(getComputedStyle(at).backgroundColor);
      const size = parseFloat(style.fontSize);
      seen.push({
        text: text.slice(0, 60),
        color: element instanceof SVGElement ? style.fill : style.color,
        backgrounds,
        isLarge: size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700),
      });
    }
    return seen;
  })()
`;
