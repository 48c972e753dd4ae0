/** A Python regular expression as a tree. Classes, assertions and single characters are JavaScript source already. */
export type RegexNode =
  | { readonly type: 'character'; readonly source: string }
  /** Nothing: a place. */
  | { readonly type: 'place'; readonly source: string }
  | { readonly type: 'group'; readonly index: number | null; readonly body: RegexNode }
  | { readonly type: 'look'; readonly behind: boolean; readonly negative: boolean; readonly body: RegexNode }
  | Readonly<{ type: 'repeat'; min: number; max: number; lazy: boolean; body: RegexNode }>
  | { readonly type: 'sequence'; readonly items: readonly RegexNode[] }
  | { readonly type: 'alternation'; readonly options: readonly RegexNode[] }
  | { readonly type: 'backreference'; readonly index: number };

export interface ParsedRegex {
  readonly tree: RegexNode;
  readonly ignoreCase: boolean;
  readonly groups: number;
  readonly names: ReadonlyMap<string, number>;
}

/** A pattern is wrong, or has no equivalent in JavaScript. */
export class RegexProblem extends Error {}

/** Can a part match the empty text? */
export function isNullable(node: RegexNode): boolean {
  switch (node.type) {
    case 'character':
      return false;
    case 'place':
    case 'look':
    case 'backreference':
      return true;
    case 'group':
      return isNullable(node.body);
    case 'repeat':
      return node.min === 0 || isNullable(node.body);
    case 'sequence':
      return node.items.every(isNullable);
    case 'alternation':
      return node.options.some(isNullable);
  }
}

/** Groups within a part that capture; with `always`, those that every match of the part sets. */
export function capturesIn(node: RegexNode, { always }: { readonly always: boolean }): number[] {
  const inside = (part: RegexNode) => capturesIn(part, { always });
  switch (node.type) {
    case 'group':
      return [...(node.index === null ? [] : [node.index]), ...inside(node.body)];
    case 'look':
      return always && node.negative ? [] : inside(node.body);
    case 'repeat':
      return always && node.min === 0 ? [] : inside(node.body);
    case 'sequence':
      return node.items.flatMap(inside);
    case 'alternation':
      return always ? [] : node.options.flatMap(inside);
    default:
      return [];
  }
}

/** Characters that a part matches; null if that varies. */
export function regexWidth(node: RegexNode): number | null {
  switch (node.type) {
    case 'character':
      return 1;
    case 'place':
    case 'look':
      return 0;
    case 'backreference':
      return null;
    case 'group':
      return regexWidth(node.body);
    case 'repeat': {
      const width = regexWidth(node.body);
      return width === null || node.min !== node.max ? null : width * node.min;
    }
    case 'sequence':
      return node.items
        .map(regexWidth)
        .reduce((sum, width) => (sum === null || width === null ? null : sum + width), 0);
    case 'alternation': {
      const widths = new Set(node.options.map(regexWidth));
      const [width = null] = widths;
      return widths.size === 1 ? width : null;
    }
  }
}
