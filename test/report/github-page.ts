import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { type DefaultTreeAdapterMap, parseFragment } from 'parse5';

type Node = DefaultTreeAdapterMap['childNode'];
type Element = DefaultTreeAdapterMap['element'];

/** The parts of a rendered comment that matter here: GitHub Markdown → HTML → tree. */
interface Page {
  elements: Element[];
  /** Text between two tags, entities resolved: where GitHub looks for mentions, references and links. */
  texts: string[];
  comments: string[];
  /** Tags in order, `<span>` left out: it has no meaning of its own. */
  skeleton: string;
}

export function githubPage(markdown: string): Page {
  const html = micromark(markdown, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] });
  const page: Page = { elements: [], texts: [], comments: [], skeleton: '' };
  const visit = (node: Node): void => {
    if (node.nodeName === '#text' && 'value' in node) page.texts.push(node.value);
    else if (node.nodeName === '#comment' && 'data' in node) page.comments.push(node.data);
    else if ('tagName' in node) {
      page.elements.push(node);
      const named = node.tagName !== 'span';
      if (named) page.skeleton += `<${node.tagName}>`;
      node.childNodes.forEach(visit);
      if (named) page.skeleton += `</${node.tagName}>`;
    }
  };
  parseFragment(html).childNodes.forEach(visit);
  return page;
}

export function textOf(node: Node): string {
  if (node.nodeName === '#text' && 'value' in node) return node.value;
  return 'childNodes' in node ? node.childNodes.map(textOf).join('') : '';
}

export const named = (page: Page, tag: string): Element[] => page.elements.filter(({ tagName }) => tagName === tag);

/** The rows of each table, each with the text of its cells. */
export function tablesOf(page: Page): string[][][] {
  const inside = (node: Element, tags: readonly string[]): Element[] =>
    node.childNodes.flatMap((child) =>
      'tagName' in child ? (tags.includes(child.tagName) ? [child] : inside(child, tags)) : [],
    );
  return named(page, 'table').map((table) =>
    inside(table, ['tr']).map((row) => inside(row, ['td', 'th']).map((cell) => textOf(cell).trim())),
  );
}

/** Text that GitHub would turn into a link, a notification, a picture or a formula. */
const LINKABLE: readonly RegExp[] = [/@\w/, /\w@/, /#\d/, /GH-\d/i, /:\w+:/, /\$./, /www\./i, /\w:\/\//, /mailto:./];

/** The texts of a page that GitHub would change so. */
export function linkableTexts({ texts }: Page): string[] {
  return texts.filter((text) => LINKABLE.some((pattern) => pattern.test(text)));
}
