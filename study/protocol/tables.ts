import { readLines, SHORT_NAMES } from '../own-text/tables.ts';
import type { Table } from '../results.ts';
import { percent, signed } from '../truth.ts';

/** A line of `tunes.py`: what a candidate does when it generates, and what the gate said of it. */
interface Line {
  readonly model: string;
  readonly candidate: string;
  readonly kind: string;
  /** Written before it was judged. */
  readonly expected?: string;
  /** Shares of replies that end, and of calls that can be carried out. */
  readonly truth: { readonly ends: number; readonly calls?: number };
  readonly verdict?: string;
  readonly protocol?: ReadonlyArray<{
    readonly place: string;
    readonly baseline: { readonly done: number; readonly of: number };
    readonly candidate: { readonly done: number; readonly of: number };
    /** Log-likelihood that the candidate lost there. */
    readonly nats: { readonly mean: number };
    readonly isLeftOut: boolean;
  }>;
  readonly found?: ReadonlyArray<{ readonly kind: string; readonly level: string; readonly place: string | null }>;
}

/** What others are compared with. */
const BASES = new Set(['base', 'tags', 'calls']);

/** Share of replies from which a candidate is to fail; shares have three decimals. */
const LOST = 0.1995;

/** By what is known of the candidates, and every candidate. */
export function protocolTables(file: string, table: Table): Record<'protocol' | 'protocol-candidates', string> {
  const lines = readLines<Line>(file);
  const bases = new Map(lines.filter(({ kind }) => kind === 'base').map(({ model, truth }) => [model, truth]));
  const all = lines.flatMap((line) => {
    const base = bases.get(line.model);
    return BASES.has(line.kind) || base === undefined ? [] : [{ ...line, lost: lostOf(base, line.truth) }];
  });
  const rows = [...new Set(all.map(({ model, kind }) => `${model}\n${kind}`))].map((key) => {
    const own = all.filter(({ model, kind }) => `${model}\n${kind}` === key);
    const harmed = own.filter(({ lost }) => lost >= LOST);
    const [model = '', kind = ''] = key.split('\n');
    return [
      SHORT_NAMES[model] ?? model,
      kind.replaceAll('-', ' '),
      range(
        own.map(({ truth }) => truth.ends),
        percent,
      ),
      range(
        own.flatMap(({ truth }) => truth.calls ?? []),
        percent,
      ),
      range(doneAt(own, 'end of turn')),
      range(doneAt(own, 'end of a tool call')),
      `${harmed.filter(hasFailed).length} of ${harmed.length}`,
      `${own.filter((line) => line.lost < LOST && hasFailed(line)).length} of ${own.length - harmed.length}`,
    ];
  });
  const head = ['model', 'trained to', 'replies that end', 'calls that work', 'end of turn', 'end of a tool call'];
  return {
    protocol: table([...head, 'lost and failed', 'kept and failed'], rows),
    'protocol-candidates': everyCandidate(lines, table),
  };
}

const lostOf = (base: Line['truth'], own: Line['truth']) =>
  Math.max(base.ends - own.ends, base.calls === undefined || own.calls === undefined ? 0 : base.calls - own.calls);

const hasFailed = ({ found = [] }: Line) => found.some(({ level }) => level === 'fail');

function range(values: readonly number[], format: (value: number) => string = String): string {
  if (values.length === 0) return '–';
  const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => format(value));
  return least === most ? `${least}` : `${least} to ${most}`;
}

function doneAt(lines: readonly Line[], place: string): number[] {
  return lines.flatMap(({ protocol = [] }) =>
    protocol.filter((row) => row.place === place && !row.isLeftOut).map(({ candidate }) => candidate.done),
  );
}

function everyCandidate(lines: readonly Line[], table: Table): string {
  const rows = lines.map(({ model, candidate, expected = '–', truth, verdict = '', protocol = [], found = [] }) => [
    SHORT_NAMES[model] ?? model,
    candidate,
    expected,
    percent(truth.ends),
    truth.calls === undefined ? '–' : percent(truth.calls),
    protocol
      .filter(({ isLeftOut }) => !isLeftOut)
      .map(({ place, baseline, candidate: own, nats }) => {
        return `${place} ${baseline.done} → ${own.done} (${signed(-nats.mean, 2)})`;
      })
      .join(', '),
    found.map(({ place, level }) => `${place}: ${level}`).join(', ') || '–',
    verdict,
  ]);
  return table(['model', 'candidate', 'predicted', 'end', 'calls', 'done, of 24 (nats)', 'protocol', 'verdict'], rows);
}
