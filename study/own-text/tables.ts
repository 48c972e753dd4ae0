import { existsSync, readFileSync } from 'node:fs';
import type { Table } from '../results.ts';

/** A line of `gate.py`: what the gate said of a candidate, and what transformers says of texts that it did not draw. */
interface Line {
  readonly model: string;
  readonly candidate: string;
  /** `dose`: declared to be the same model. `repeat`: the same candidate again, with texts drawn anew. */
  readonly kind: 'dose' | 'healthy' | 'harmful' | 'destroyed' | 'repeat';
  /** Perplexities as ratios to the baseline's; missing for a repeat. */
  readonly perplexity?: Readonly<Record<'prose' | 'french' | 'python', number>>;
  readonly verdict: string;
  readonly ownText: {
    readonly natsPerToken: number;
    readonly low: number;
    readonly high: number;
    readonly worstTenth: number;
    readonly parts: ReadonlyArray<readonly [part: string, natsPerToken: number, tokens: number]>;
  };
  readonly found: ReadonlyArray<{ readonly kind: string; readonly rule?: string; readonly level: string }>;
}

/** By the folder of a base. */
export const SHORT_NAMES: Readonly<Record<string, string>> = {
  'smollm2-135m-instruct': 'SmolLM2 135M',
  'gemma-3-270m': 'Gemma 3 270M',
  'qwen2.5-coder-0.5b-instruct': 'Qwen2.5-Coder 0.5B',
  'qwen2.5-coder-0.5b-calls': 'the same, calling tools',
};

export const readOwnText = (file: string): Line[] => readLines(file);

/** JSON, one value a line; none without the file. */
export function readLines<T>(file: string): T[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.map((line): T => JSON.parse(line));
}

/** Own text by what is known of the candidates, and every candidate. */
export function ownTextTables(file: string, table: Table): Record<'own-text' | 'own-text-candidates', string> {
  const lines = readOwnText(file);
  return { 'own-text': summary(lines, table), 'own-text-candidates': everyCandidate(lines, table) };
}

/** Perplexity of prose, up to which the same model is healthy, and from which it is harmed. */
const HEALTHY = 1.025;
const HARMED = 1.1;

const isDose = (least: number, most: number) => (line: Line) =>
  line.kind === 'dose' &&
  line.perplexity !== undefined &&
  line.perplexity.prose >= least &&
  line.perplexity.prose < most;
const ofKind = (kind: Line['kind']) => (line: Line) => line.kind === kind && !isCut(line);
/** Nothing is less likely: texts of this length are not read at all. */
export const isCut = ({ found }: Line) => found.some(({ rule }) => rule === 'shorter-context');

const CLASSES: ReadonlyArray<readonly [string, (line: Line) => boolean]> = [
  ['same model, prose up to +2.5%', isDose(0, HEALTHY)],
  ['same model, in between', isDose(HEALTHY, HARMED)],
  ['same model, from +10%', isDose(HARMED, Number.POSITIVE_INFINITY)],
  ['fine-tuned', ofKind('healthy')],
  ['harmed', ofKind('harmful')],
  ['destroyed', ofKind('destroyed')],
  ['the same again, texts drawn anew', ofKind('repeat')],
];

function summary(lines: readonly Line[], table: Table): string {
  const rows = CLASSES.map(([name, belongs]) => {
    const own = lines.filter(belongs);
    const range = (values: readonly number[]) =>
      own.length === 0 ? '–' : `${nats(Math.min(...values))} to ${nats(Math.max(...values))}`;
    return [
      name,
      `${own.length}`,
      range(own.map(({ ownText }) => ownText.natsPerToken)),
      range(own.map(({ ownText }) => ownText.worstTenth)),
      counts(own.map(ownVerdict)),
      counts(own.map(({ verdict }) => verdict)),
    ];
  });
  return table(['candidates', 'runs', 'nats a token', 'worst tenth', 'own text alone', 'verdict'], rows);
}

function everyCandidate(lines: readonly Line[], table: Table): string {
  const rows = lines.map(({ model, candidate, kind, perplexity, verdict, ownText, ...line }) => {
    const [worst] = ownText.parts;
    return [
      SHORT_NAMES[model] ?? model,
      kind === 'repeat' ? `${candidate}, again` : candidate,
      ...(['prose', 'french', 'python'] as const).map((text) =>
        perplexity === undefined ? '' : `× ${perplexity[text].toPrecision(3)}`,
      ),
      `${nats(ownText.natsPerToken)} (${nats(ownText.low)} to ${nats(ownText.high)})`,
      worst === undefined ? '' : `${worst[0]} ${nats(worst[1])}`,
      ownVerdict({ model, candidate, kind, verdict, ownText, ...line }),
      verdict,
    ];
  });
  return table(
    ['model', 'candidate', 'prose', 'French', 'Python', 'nats a token', 'worst part', 'own text alone', 'verdict'],
    rows,
  );
}

const ownVerdict = ({ found }: Line) => found.find(({ kind }) => kind === 'own-text')?.level ?? 'pass';

function counts(values: readonly string[]): string {
  const kinds = ['pass', 'warn', 'inconclusive', 'fail'];
  const named = kinds.map((kind) => [values.filter((value) => value === kind).length, kind] as const);
  return named.flatMap(([n, kind]) => (n === 0 ? [] : [`${n} ${kind}`])).join(', ') || '–';
}

/** Minus as in the other tables. */
const nats = (value: number) => value.toFixed(Math.abs(value) < 0.1 ? 3 : 2).replace('-', '−');
