import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { TERMS } from '../../../src/report/text/glossary.ts';
import { repository } from '../../fixtures.ts';

/** The anchor that GitHub gives a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\- ]/gu, '')
    .replaceAll(' ', '-');

it('every term that a report links to has a heading in docs/reference/glossary.md', () => {
  const glossary = readFileSync(repository('docs', 'reference', 'glossary.md'), 'utf8');
  const anchors = new Set([...glossary.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading)));
  expect(Object.values(TERMS).filter((anchor) => !anchors.has(anchor))).toEqual([]);
});
