import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { extname, join } from 'node:path';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readWorkspaces } from '../../scripts/workspaces.ts';
import { repository } from '../fixtures.ts';
import { describeNeeds } from '../needs.ts';
import { describeInBrowser, reportBrowser } from '../report/html/browser.ts';
import { scriptArguments } from '../run-scripts.ts';

const BASE = '/shadow-gate/';
const GITHUB = 'https://github.com/OWNER/shadow-gate';
const OUT = repository('out/site');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
};

const describeSite = existsSync(repository('docs/node_modules/vitepress'))
  ? describeInBrowser
  : describeNeeds(false, 'VitePress: npm ci --prefix docs');

/** As GitHub Pages does: `/a` is a.html, `/a/` is a/index.html. Undefined for what is not there. */
function fileOf(path: string): string | undefined {
  const name = decodeURIComponent(path.slice(BASE.length));
  return [name, `${name}.html`, join(name, 'index.html')]
    .map((one) => join(OUT, one))
    .find((file) => extname(file) !== '' && existsSync(file));
}

/** Addresses of all pages, below the base. */
const pages = () =>
  readdirSync(OUT, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.html') && name !== '404.html')
    .map((name) => name.replace(/(^|\/)index\.html$/, '$1').replace(/\.html$/, ''))
    .sort();

describeSite('the site', () => {
  const { visit } = reportBrowser();
  let server: Server;
  let origin: string;
  const addressOf = (page: string) => `${origin}${BASE}${page}`;

  beforeAll(async () => {
    execFileSync(process.execPath, scriptArguments('scripts/docs/site.ts'), {
      cwd: repository(),
      env: { ...process.env, GITHUB_REPOSITORY: 'OWNER/shadow-gate', NODE_ENV: 'production' },
      stdio: 'pipe',
    });
    server = createServer((request, response) => {
      const file = fileOf(new URL(request.url ?? '', 'http://localhost').pathname);
      response.statusCode = file === undefined ? 404 : 200;
      if (file !== undefined) response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
      response.end(file === undefined ? '' : readFileSync(file));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }, 300_000);
  afterAll(() => void server?.close());

  it('has a page for each page of the three folders and each package, and none of others', () => {
    const sources = ['how-to', 'reference', 'lab-notes'].flatMap((folder) =>
      readdirSync(repository('docs', folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.md'))
        .map((name) => `${folder}/${name.replace(/(README)?\.md$/, '')}`),
    );
    const packages = readWorkspaces(repository()).folders;
    expect(pages()).toEqual(['', ...sources, ...packages].sort());
  });

  it('has no link or anchor that leads nowhere, on the site or in the repository', () => {
    const anchors = new Map<string, Set<string>>();
    const links: { readonly page: string; readonly target: URL }[] = [];
    for (const page of pages()) {
      const { document } = parseHTML(readFileSync(fileOf(BASE + page) ?? '', 'utf8'));
      anchors.set(BASE + page, new Set([...document.querySelectorAll('[id]')].map(({ id }) => id)));
      for (const link of document.querySelectorAll('a[href], img[src], source[srcset]')) {
        const href = ['href', 'src', 'srcset'].map((name) => link.getAttribute(name)).find((value) => value !== null);
        links.push({ page, target: new URL(href ?? '', `http://site${BASE}${page}`) });
      }
    }
    const isDead = ({ target: { origin: of, href, pathname, hash } }: (typeof links)[number]) => {
      if (of === 'http://site') {
        const anchor = decodeURIComponent(hash.slice(1));
        return fileOf(pathname) === undefined || (anchor !== '' && anchors.get(pathname)?.has(anchor) !== true);
      }
      const [, file] = href.startsWith(GITHUB) ? (/\/(?:blob|tree|edit)\/main\/([^#]+)/.exec(href) ?? []) : [];
      return file !== undefined && !existsSync(repository(decodeURIComponent(file)));
    };
    expect(links.length).toBeGreaterThan(1000);
    expect(links.filter(isDead).map(({ page, target }) => `${page}: ${target.href}`)).toEqual([]);
  });

  it('shows every page on a phone of 400 pixels without scrolling sideways, and without errors', async () => {
    for (const path of pages()) {
      const { page, problems, sidewaysScroll } = await visit(addressOf(path), { width: 400 });
      expect({ path, problems, sidewaysScroll: await sidewaysScroll() }).toEqual({
        path,
        problems: [],
        sidewaysScroll: 0,
      });
      await page.context().close();
    }
  });

  it('finds a term', async () => {
    const { page, problems } = await visit(addressOf(''), { width: 1280 });
    await page.click('#local-search button');
    await page.fill('#localsearch-input', 'shadow delta');
    const found = page.locator('#localsearch-list a');
    await found.first().waitFor();
    expect(await found.evaluateAll((links) => links.map((link) => link.getAttribute('href')))).toContain(
      `${BASE}reference/glossary#shadow-delta`,
    );
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it.each(['light', 'dark'] as const)(
    'has the colors and the picture of a system that is %s, and of the other one after a click',
    async (scheme) => {
      const { page } = await visit(addressOf(''), { width: 1280, colorScheme: scheme });
      const shown = () =>
        page.evaluate<[string, string[]]>(`[
        getComputedStyle(document.body).backgroundColor,
        [...document.querySelectorAll('main picture')].filter((one) => one.checkVisibility()).map((one) => one.className),
      ]`);
      const expected = { light: ['rgb(255, 255, 255)', ['only-light']], dark: ['rgb(13, 17, 23)', ['only-dark']] };
      expect(await shown()).toEqual(expected[scheme]);
      await page.click('.VPNavBarAppearance button');
      expect(await shown()).toEqual(expected[scheme === 'light' ? 'dark' : 'light']);
      await page.context().close();
    },
  );
});
