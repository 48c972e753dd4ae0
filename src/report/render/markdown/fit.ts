import type { Block } from '../../document/block.ts';
import { drawMarkdown } from './draw.ts';
import { linkDefinitions } from './phrase.ts';

interface Page {
  /** The first line, hidden. */
  readonly marker: string;
  readonly blocks: readonly Block[];
  readonly ending: string;
  /** Address of the documentation. */
  readonly docs: string;
}

/** The longest page that fits: the lightest sections are left out first. */
export function fitted({ blocks, ending, marker, docs }: Page, fits: (text: string) => boolean): string {
  const weights = [...new Set(blocks.flatMap(weightsIn))].sort((a, b) => a - b);
  let text = '';
  for (const least of [...weights, Number.POSITIVE_INFINITY]) {
    const isShortened = least !== weights[0];
    const parts = [
      ...blocks.map((block) => drawMarkdown(block, least)),
      isShortened ? 'Some details are left out to fit; report.json has all of them.' : '',
      ending,
    ];
    const page = parts.filter((part) => part !== '').join('\n\n');
    const links = linkDefinitions(page, docs);
    text = `${marker}${page}\n${links && `\n${links}\n`}`;
    if (fits(text)) return text;
  }
  return text;
}

/** Weights of the sections that show something. */
function weightsIn(block: Block): number[] {
  switch (block.kind) {
    case 'section':
      return [...(drawMarkdown(block) === '' ? [] : [block.weight]), ...block.blocks.flatMap(weightsIn)];
    case 'fold':
    case 'row':
      return block.blocks.flatMap(weightsIn);
    case 'list':
      return block.items.flatMap(weightsIn);
    default:
      return [];
  }
}
