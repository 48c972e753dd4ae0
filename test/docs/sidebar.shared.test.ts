import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { PARTS } from '../../docs/.vitepress/config.ts';
import { linkOnSite } from '../../docs/.vitepress/links.ts';
import { descriptionOf, packagesPart, sidebarOf } from '../../docs/.vitepress/pages.ts';
import { repository, temporaryFolder } from '../fixtures.ts';
import { readPage } from './printed-commands.ts';

const DOCS = pathToFileURL(repository('docs/'));

/** A folder of documentation with these pages. */
function docsWith(pages: Readonly<Record<string, string>>): URL {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(pages)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return pathToFileURL(`${folder}/`);
}

it('has every page of the three folders, and no page that does not exist', () => {
  expect(sidebarOf(PARTS, DOCS)).toHaveLength(3);
});

it('names every page on the first page, in the same order', () => {
  const named = PARTS.flatMap(({ folder, pages }) =>
    pages.map((name) => `${folder}/${name.replace(/\/$/, '/README')}.md`),
  );
  const lists = readPage('docs/README.md').split(/^(?=## How to$)/m)[1] ?? '';
  const links = [...lists.matchAll(/^- .*?\]\(((?:how-to|reference|lab-notes)\/[^)#]+)/gm)].map(([, link]) => link);
  expect(links).toEqual(named);
});

const TWO = { 'notes/one.md': '# `One` of [two](two.md)\n', 'notes/two.md': '# Two\n' };
const partOf = (...pages: string[]) => [{ title: 'Notes', folder: 'notes', pages }];

it('has the order by hand and the titles of the pages', () => {
  const docs = docsWith({
    ...TWO,
    'notes/old/README.md': '# Old\n',
    'notes/old/002.md': '# 2\n',
    'notes/old/001.md': '# 1\n',
  });
  expect(sidebarOf(partOf('two', 'old/', 'one'), docs)).toMatchObject([
    {
      text: 'Notes',
      items: [
        { text: 'Two', link: '/notes/two' },
        {
          ...{ text: 'Old', link: '/notes/old/' },
          items: [
            { text: '1', link: '/notes/old/001' },
            { text: '2', link: '/notes/old/002' },
          ],
        },
        { text: 'One of two', link: '/notes/one' },
      ],
    },
  ]);
});

it.each([
  ['leaves a page out', ['one'], /does not name notes\/two\.md/],
  ['names a page that does not exist', ['one', 'two', 'three'], /names notes\/three\.md, which does not exist/],
])('fails if the order %s', (_, pages, problem) => {
  expect(() => sidebarOf(partOf(...pages), docsWith(TWO))).toThrow(problem);
});

it('has the pages of the packages if they are written', () => {
  expect(packagesPart(docsWith(TWO))).toEqual([]);
  const docs = docsWith({ 'packages/spectra.md': '# spectra: what it exports\n', 'packages/python.md': '# python\n' });
  expect(sidebarOf(packagesPart(docs), docs)).toMatchObject([
    {
      text: 'Packages',
      items: [
        { text: 'python', link: '/packages/python' },
        { text: 'spectra: what it exports', link: '/packages/spectra' },
      ],
    },
  ]);
});

const SITE = { docs: DOCS, github: 'https://github.com/OWNER/shadow-gate', ref: 'v1.2.3' };

it.each([
  ['policy.md#rules', 'policy.md#rules'],
  ['../how-to/merge.md', '../how-to/merge.md'],
  ['../lab-notes/decisions/', '../lab-notes/decisions/index.md'],
  ['../README.md', '../index.md'],
  ['#inputs', '#inputs'],
  ['https://example.com/a.md', 'https://example.com/a.md'],
  ['../upstream/README.md', `${SITE.github}/blob/v1.2.3/docs/upstream/README.md`],
  ['../../packages/spectra/README.md', `${SITE.github}/blob/v1.2.3/packages/spectra/README.md`],
  ['../../src/action/inputs.ts', `${SITE.github}/blob/v1.2.3/src/action/inputs.ts`],
  ['../../README.md#the-idea', `${SITE.github}/blob/v1.2.3/README.md#the-idea`],
  ['../../examples/workflows', `${SITE.github}/tree/v1.2.3/examples/workflows`],
])('of a page of docs/reference, %s leads to %s', (link, expected) => {
  expect(linkOnSite(link, 'reference', SITE)).toBe(expected);
});

it('describes a page by its first paragraph', () => {
  const docs = docsWith({
    'a.md':
      '# A\n\n```\nnpx a\n```\n\nA page of [`things`](b.md) that are wanted, and\n_used_ a lot of times: see below. More.\n',
  });
  expect(descriptionOf(new URL('a.md', docs))).toBe('A page of things that are wanted, and used a lot of times.');
});
