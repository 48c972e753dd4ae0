// Draws docs/lab-notes/own-text.svg: nats a token of own text against the perplexity of texts of other people.
// Usage: npx tsx study/own-text/figure.ts
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dot, link, plot, ruleY, text } from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { isCut, readOwnText } from './tables.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const INK = '#848d97';
const KINDS = ['same model', 'fine-tuned', 'harmed', 'destroyed'];
const COLORS = ['#2f81f7', '#3fb950', '#db6d28', '#f85149'];
const NAMES = { dose: 'same model', healthy: 'fine-tuned', harmful: 'harmed', destroyed: 'destroyed', repeat: '' };
/** Smaller ones have no place on a logarithmic scale. */
const LEAST = 0.001;
const LEAST_RISE = 0.005;

const points = readOwnText(join(root, 'study/results/own-text/gate.jsonl'))
  .filter((line) => line.perplexity !== undefined && !isCut(line))
  .map(({ kind, perplexity, ownText }) => ({
    kind: NAMES[kind],
    rise: Math.max(LEAST_RISE, Math.max(...Object.values(perplexity ?? {})) - 1),
    nats: Math.max(LEAST, ownText.natsPerToken),
    low: Math.max(LEAST, ownText.low),
    high: Math.max(LEAST, ownText.high),
  }));
const { limit, 'same-model': sameModel } = DEFAULT_POLICY['own-text'];
const limits = [
  { nats: limit, name: `limit ${limit}` },
  { nats: sameModel, name: `same model: limit ${sameModel}` },
];
const rightmost = Math.max(...points.map(({ rise }) => rise));
const { document } = parseHTML('<!doctype html><html><body></body></html>');
const drawn = plot({
  document: document as never,
  width: 640,
  height: 400,
  marginLeft: 50,
  style: { background: 'none', color: INK, fontSize: '12px', fontFamily: 'sans-serif' },
  marginTop: 30,
  marginBottom: 45,
  x: {
    type: 'log',
    label: 'largest rise of perplexity: prose, French, Python →',
    ticks: [0.01, 0.1, 1, 10, 100, 1000],
    tickFormat: (rise: number) => `+${Math.round(100 * rise).toLocaleString('en-US')}%`,
  },
  y: { type: 'log', label: '↑ nats a token of own text', ticks: [0.001, 0.01, 0.1, 1, 10], tickFormat: '~g' },
  color: { domain: KINDS, range: COLORS },
  marks: [
    ruleY(limits, { y: 'nats', stroke: INK, strokeDasharray: '4 3' }),
    text(limits, { x: rightmost, y: 'nats', text: 'name', textAnchor: 'end', dy: -7, fill: INK }),
    link(points, { x1: 'rise', x2: 'rise', y1: 'low', y2: 'high', stroke: 'kind' }),
    dot(points, { x: 'rise', y: 'nats', fill: 'kind', r: 3.5 }),
    ...KINDS.map((kind, i) =>
      text([`● ${kind}`], {
        frameAnchor: 'bottom-right',
        dy: 16 * (i - KINDS.length),
        dx: -90,
        textAnchor: 'start',
        fill: COLORS[i] ?? INK,
      }),
    ),
  ],
});
// The style of a page, which a picture needs not have.
drawn.querySelector('style')?.remove();
const title = '<title>Nats a token of own text rise with the perplexity of other texts</title>';
const svg = drawn.outerHTML
  .replace('<svg ', '<svg role="img" xmlns="http://www.w3.org/2000/svg" ')
  .replace('>', `>${title}`);
writeFileSync(join(root, 'docs/lab-notes/own-text.svg'), `${svg}\n`);
