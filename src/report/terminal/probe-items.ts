import { styleText } from 'node:util';
import { groupBy } from '@shadow-gate/platform';
import type { ProbeItem } from '@shadow-gate/probes/item';
import type { Suite } from '@shadow-gate/probes/suite';
import type { TextSuite } from '@shadow-gate/probes/texts';
import { printable } from '../escape.ts';
import { indented } from '../render/terminal/draw.ts';
import { roomForFirst, type TerminalOptions, terminalTable } from '../render/terminal/table.ts';
import { wrap } from '../render/terminal/wrap.ts';
import { formatCount, formatInteger } from '../text/numbers.ts';

/** Items for a person: prompt as asked, options, right answer. */
export function renderItems(items: readonly ProbeItem[], { color }: TerminalOptions): string {
  const faint = (text: string) => (color ? styleText('gray', text, { validateStream: false }) : text);
  return items
    .map((item) => {
      const { id, capability, family, form, kind, cluster, prompt, question } = item;
      const template = cluster.startsWith(family) ? cluster : `${family} · ${cluster}`;
      const parts = [id, kind === undefined ? form : `${kind} ${form}`, capability, template];
      const head = faint(`── ${parts.map((part) => printable(part)).join(' · ')}`);
      const lines = prompt.split('\n').map((line) => printable(line, MAX_LINE));
      return [head, ...lines, ...answersOf(question).map(faint), ''].join('\n');
    })
    .join('\n');
}

const MAX_LINE = 4000;

function answersOf(question: ProbeItem['question']): string[] {
  if (question.kind === 'exact') return [`   = ${printable(question.target)}`];
  return question.choices.map((choice, i) => `   ${i === question.answer ? '✔' : '·'} ${printable(choice)}`);
}

const MAX_NAME = 20;
const MIN_KINDS = 12;

const ONE_LEVEL =
  'A model is asked one level of each family in full: the one that a pilot of a dozen facts a level finds neither too easy nor too hard for it, or that of the baseline.';

export function renderTextSuites(suites: readonly TextSuite[]): string {
  return suites
    .map(({ name, texts, size }) => {
      const part = texts.length === size ? '' : ` of ${formatInteger(size)}`;
      return `${printable(name)}: ${formatInteger(texts.length)}${part} plain texts, which are scored and not asked`;
    })
    .join('\n');
}

export function renderSuites(suites: readonly Suite[], seed: number, { width }: TerminalOptions): string {
  return suites
    .map((suite) => {
      const counts = new Map((suite.levels ?? []).map(({ family, count }) => [family, count]));
      const hasLevels = [...counts.values()].some((count) => count > 1);
      const rows = [...groupBy(suite.items, ({ family }) => family)].map(([family, items]) => {
        const twins = groupBy(
          items.filter(({ form }) => form === 'twin'),
          ({ kind }) => kind ?? '',
        );
        const kinds = [...twins].map(([kind, ofKind]) => {
          const templates = new Set(ofKind.map(({ cluster }) => printable(cluster.replace(`${family} · `, ''))));
          const names = [...templates].join(', ');
          return kind === '' ? names : `${kind}: ${names}`;
        });
        const own = [
          printable(items[0]?.capability ?? '', MAX_NAME),
          printable(family, MAX_NAME),
          ...(hasLevels ? [String(counts.get(family) ?? 1)] : []),
          String(new Set(items.map(({ fact }) => fact)).size),
          String(items.length),
        ];
        return { own, kinds: kinds.join('; ') };
      });
      const version = suite.version === null ? '' : ` version ${suite.version}`;
      const head = `  ${printable(suite.name)}${version}, seed ${seed}: ${formatCount(suite.items.length, 'item')}${hasLevels ? ' at all levels' : ''}`;
      const columns = [
        { head: 'capability' },
        { head: 'family' },
        ...(hasLevels ? [{ head: 'levels', align: 'right' } as const] : []),
        { head: 'facts', align: 'right' },
        { head: 'items', align: 'right' },
      ] as const;
      const last = { head: 'other forms' };
      const others = rows.map(({ own }) => ['', ...own]);
      const room = Math.max(MIN_KINDS, roomForFirst([last, ...columns], others, width));
      const cells = rows.map(({ own, kinds }) => [...own, wrap(kinds, room).join('\n')]);
      const note = hasLevels ? ['', ...indented(ONE_LEVEL, width)] : [];
      return [head, '', terminalTable([...columns, last], cells), ...note].join('\n');
    })
    .join('\n\n');
}
