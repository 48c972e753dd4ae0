import { type PlotOptions, plot } from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { plainLine } from '../../escape.ts';
import { Html, html } from './html.ts';

interface ChartOptions extends Omit<PlotOptions, 'document' | 'ariaLabel' | 'ariaDescription' | 'figure'> {
  /** Text alternative, in one sentence. The numbers stand in a table next to the chart. */
  readonly label: string;
  readonly caption?: Html;
}

/**
 * A chart as SVG by Observable Plot, which needs neither script nor network. Colors are CSS variables of the page
 * (`var(--series-1)`), so that dark mode changes them. Foreign texts have to pass {@link chartText}.
 */
export function chart({ label, caption, ...options }: ChartOptions): Html {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const drawn = plot({
    width: 640,
    ...options,
    document: document as unknown as NonNullable<PlotOptions['document']>,
    style: { background: 'none', overflow: 'visible', ...(typeof options.style === 'object' ? options.style : {}) },
  });
  // For a screen reader, only the picture has a name.
  for (const part of drawn.querySelectorAll('g[aria-label]')) {
    part.setAttribute('data-mark', part.getAttribute('aria-label') ?? '');
    part.removeAttribute('aria-label');
  }
  drawn.setAttribute('role', 'img');
  drawn.setAttribute('aria-label', plainLine(label, 400));
  const figcaption = caption === undefined ? null : html`<figcaption>${caption}</figcaption>`;
  return html`<figure class="chart"><div class="chart-scroll">${Html.trusted(drawn.outerHTML)}</div>${figcaption}</figure>`;
}

/** A foreign name as a label, visible and short. The library escapes it. */
export const chartText = (text: string, length = 40): string => plainLine(text, length);
