import { readFileSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { isPage } from './pages.ts';

/** What this file uses of markdown-it. */
interface Token {
  readonly type: string;
  readonly children: readonly Token[] | null;
  content: string;
  attrGet(name: string): string | null;
  attrSet(name: string, value: string): void;
}
interface MarkdownIt {
  readonly core: {
    readonly ruler: {
      push(name: string, rule: (state: { readonly tokens: readonly Token[]; readonly env: Page }) => void): void;
    };
  };
}
interface Page {
  /** Below docs/. */
  readonly relativePath: string;
}

interface Repository {
  /** The folder of the documentation, docs/ at the root. */
  readonly docs: URL;
  /** Its address. */
  readonly github: string;
  /** The branch or tag whose files are linked. */
  readonly ref: string;
}

/** Characters from which on a cell of a table needs room on a phone. */
const LONG = 60;

/**
 * A plugin of markdown-it: pages that are written for GitHub work on the site. Links to anything but its pages lead to
 * the repository.
 */
export function repositoryLinks(repository: Repository): (md: MarkdownIt) => void {
  return ({ core }) =>
    core.ruler.push('repository-links', ({ tokens, env: { relativePath } }) => {
      for (const [i, token] of tokens.entries()) {
        if (token.type === 'td_open' && (tokens[i + 1]?.content.length ?? 0) > LONG) token.attrSet('class', 'long');
        for (const one of [token, ...(token.children ?? [])]) adapt(one, posix.dirname(relativePath), repository);
      }
    });
}

/** @param folder of the page, below docs/ */
function adapt(token: Token, folder: string, repository: Repository): void {
  switch (token.type) {
    case 'link_open':
      token.attrSet('href', linkOnSite(token.attrGet('href') ?? '', folder, repository));
      break;
    case 'image':
      for (const [name, pixels] of Object.entries(sizeOf(token.attrGet('src') ?? '', folder, repository)))
        token.attrSet(name, `${pixels}`);
      break;
    case 'html_block':
    case 'html_inline':
      token.content = htmlOnSite(token.content, folder, repository);
      break;
    // Vue would take {{ }} for code of its own.
    case 'code_inline':
    case 'code_block':
      token.attrSet('v-pre', '');
  }
}

/** @param folder of the page, below docs/ */
export function linkOnSite(href: string, folder: string, { docs, github, ref }: Repository): string {
  if (/^(?:[a-z]+:|#|\/)/i.test(href)) return href;
  const [path = '', anchor] = href.split('#');
  const hash = anchor === undefined ? '' : `#${anchor}`;
  const target = posix.join(folder, decodeURI(path));
  const isFolder = statSync(new URL(target, docs), { throwIfNoEntry: false })?.isDirectory() === true;
  const page = isFolder ? posix.join(target, 'README.md') : target;
  const isOnSite = !page.startsWith('../') && isPage(page) && statSync(new URL(page, docs), { throwIfNoEntry: false });
  if (isOnSite) return posix.relative(folder, page).replace(/README\.md$/, 'index.md') + hash;
  return `${github}/${isFolder ? 'tree' : 'blob'}/${ref}/${posix.join('docs', target)}${hash}`;
}

/** HTML within Markdown: links, pictures by the theme of the site in place of the system's, and their sizes. */
function htmlOnSite(html: string, folder: string, repository: Repository): string {
  return html
    .replace(/\bhref="([^"]*)"/g, (_, href: string) => `href="${linkOnSite(href, folder, repository)}"`)
    .replace(/<picture>[\s\S]*?<\/picture>/g, (picture) => inTheme(picture, 'light') + inTheme(picture, 'dark'))
    .replace(/<(?:img|source) [^>]*>/g, (tag) => {
      const [whole, name = '', path = ''] = /\b(src|srcset)="(?![a-z]+:|\/)([^"]*)"/.exec(tag) ?? [];
      if (whole === undefined) return tag;
      const size = / width=/.test(tag) ? {} : sizeOf(path, folder, repository);
      const attributes = Object.entries({ [name]: `./${posix.normalize(path)}`, ...size });
      return tag.replace(whole, attributes.map(([key, value]) => `${key}="${value}"`).join(' '));
    });
}

const DARK = /(?: and )?\(prefers-color-scheme: dark\)/;

/** What a picture with sources for dark pages is in one theme. */
function inTheme(picture: string, theme: 'light' | 'dark'): string {
  return picture
    .replace('<picture>', `<picture class="only-${theme}">`)
    .replace('<img ', '<img loading="lazy" ')
    .replace(/<source [^>]*>\s*/g, (source) => {
      if (!DARK.test(source)) return source;
      return theme === 'dark' ? source.replace(DARK, '').replace('media=""', 'media="all"') : '';
    });
}

/** In pixels, from the first chunk of a PNG: text does not move when a picture arrives. Empty for other pictures. */
function sizeOf(path: string, folder: string, { docs }: Repository): Readonly<Record<string, number>> {
  if (!path.endsWith('.png') || /^[a-z]+:/.test(path)) return {};
  const bytes = readFileSync(new URL(posix.join(folder, path), docs));
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}
