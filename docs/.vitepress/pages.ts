import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** One of the parts of the documentation: a folder, and its pages in their order, without `.md`. */
export interface Part {
  readonly title: string;
  readonly folder: string;
  readonly pages: readonly string[];
}

interface Entry {
  readonly text: string;
  readonly link: string;
  readonly collapsed?: boolean;
  readonly items?: readonly Entry[];
}

/** Folders of docs/ that are read on GitHub. */
export const EXCLUDED: readonly string[] = ['upstream/'];

/** Whether a path below docs/ is a page of the site. */
export const isPage = (path: string): boolean =>
  path.endsWith('.md') && !EXCLUDED.some((folder) => path.startsWith(folder));

/** The pages that scripts/docs/api.ts has written: what each package exports. Empty if it has not run. */
export function packagesPart(docs: URL): Part[] {
  const folder = new URL('packages/', docs);
  if (!existsSync(folder)) return [];
  const pages = readdirSync(folder).map((name) => name.replace(/\.md$/, ''));
  return [{ title: 'Packages', folder: 'packages', pages: pages.sort() }];
}

/**
 * The parts as VitePress wants them.
 * @param docs the folder of the documentation
 * @throws Error if a page is not named, or a name is not a page
 */
export function sidebarOf(parts: readonly Part[], docs: URL): object[] {
  return parts.map(({ title, folder, pages }) => {
    const existing = pagesBelow(new URL(`${folder}/`, docs), `${folder}/`);
    const items = pages.map((name) => entryOf(`${folder}/${name}`, existing, docs));
    const named = new Set(items.flatMap(({ link, items: below = [] }) => [link, ...below.map((one) => one.link)]));
    const missing = existing.filter((page) => !named.has(linkOf(page)));
    if (missing.length > 0) throw new Error(`docs/.vitepress/config.ts does not name ${missing.join(', ')}`);
    // Closed but for the part that is read.
    return { text: title, collapsed: true, items };
  });
}

/** @param name of a page without `.md`, or of a folder with a slash, below docs/ */
function entryOf(name: string, existing: readonly string[], docs: URL): Entry {
  const page = name.endsWith('/') ? `${name}README.md` : `${name}.md`;
  if (!existing.includes(page)) throw new Error(`docs/.vitepress/config.ts names ${page}, which does not exist`);
  const entry = { text: titleOf(new URL(page, docs)), link: linkOf(page) };
  if (!name.endsWith('/')) return entry;
  const below = existing.filter((one) => one.startsWith(name) && one !== page);
  return { ...entry, collapsed: true, items: below.map((one) => entryOf(one.slice(0, -'.md'.length), existing, docs)) };
}

function pagesBelow(folder: URL, prefix: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => prefix + name.replaceAll('\\', '/'))
    .filter(isPage)
    .sort();
}

const linkOf = (page: string): string => `/${page.replace(/(README)?\.md$/, '')}`;

/** The first heading of a page, without marks. */
function titleOf(page: URL): string {
  const [, heading] = /^# (.+)$/m.exec(readFileSync(page, 'utf8')) ?? [];
  if (heading === undefined) throw new Error(`${page.pathname} has no heading`);
  return plainText(heading);
}

/** What a search engine shows below the title: the first paragraph, up to the end of a sentence if that is near. */
export function descriptionOf(page: URL): string {
  const paragraphs = readFileSync(page, 'utf8')
    .replace(/^```[\s\S]*?^```$/gm, '')
    .split(/\n\s*\n/);
  const first = paragraphs.find((text) => /^[\p{L}`[*_]/u.test(text)) ?? '';
  const text = plainText(first.replace(/\s+/g, ' ').trim());
  return /^.{50,200}?[.:](?= |$)/.exec(text)?.[0].replace(/:$/, '.') ?? text.slice(0, 200);
}

const plainText = (markdown: string): string =>
  markdown
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[`*]/g, '')
    .replace(/(?<!\w)_|_(?!\w)/g, '');
