import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { openReference } from '@shadow-gate/checkpoints';
import { configKindIn, withNumberKinds } from '@shadow-gate/checkpoints/config';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import type { Decoder } from '@shadow-gate/language-model';
import { describeDecoder } from '@shadow-gate/language-model';
import { at, UserError } from '@shadow-gate/platform';
import type { PythonValue } from '@shadow-gate/python';
import { parsePythonJson } from '@shadow-gate/python';
import { fixture, readJson, temporaryFolder } from '../../../../test/fixtures.ts';
import { CPU, languageModel } from '../../../../test/language-models.ts';
import { OnnxEngine } from '../../src/runtime/onnx-engine.ts';
import { difference, TOLERANCE } from './engines.ts';
import { casesOf } from './expect-logits.ts';

type Values = Readonly<Record<string, unknown>>;

/** See make_config_edits.py. */
interface Edits {
  readonly at: readonly (readonly [position: number, token: number])[];
  readonly edits: Readonly<Record<string, Outcomes>>;
}

interface Outcomes {
  readonly error?: readonly string[];
  readonly same?: readonly string[];
  readonly nan?: readonly string[];
  readonly other?: Readonly<Record<string, readonly number[]>>;
}

/** What transformers makes of an edit. */
type Expected = 'error' | 'same' | 'nan' | readonly number[];

interface Edit {
  readonly path: readonly string[];
  /** JSON as Python writes it; empty for a key that is left out. */
  readonly text: string;
  readonly expected: Expected;
}

export interface Judged {
  readonly edit: Edit;
  /** What this program does: the message of its refusal, or its logits at the places of the fixture. */
  readonly found: string | readonly number[];
  /** What is wrong: the logits are not those of transformers, or transformers has none. */
  readonly wrong: boolean;
}

/**
 * The edits of one folder, each with what this program makes of it.
 * @param name of the folder
 * @param which from `first` on, one of `every` edits: all by default
 */
export async function judgeEdits(name: string, { first = 0, every = 1 } = {}): Promise<Judged[]> {
  const { at: places, edits } = readJson<Edits>(fixture('config-edits', `${name}.json`));
  const source = languageModel(name);
  const folder = temporaryFolder();
  copyFileSync(join(source, 'model.safetensors'), join(folder, 'model.safetensors'));
  const config = parsePythonJson(readFileSync(join(source, 'config.json'), 'utf8'));
  const tokens = casesOf(name).find(({ label }) => label === 'long')?.tokens ?? [];
  const answer = new Answers(tokens, places);
  const plain = await answer.of(await openReference(source));
  const judged: Judged[] = [];
  for (const edit of [...eachEdit(edits)].filter((_, i) => i % every === first)) {
    writeFileSync(join(folder, 'config.json'), edited(config, edit));
    try {
      const found = await answer.of(await openReference(folder));
      judged.push({ edit, found, wrong: !isExpected(found, edit.expected, plain) });
    } catch (error) {
      const isRefused = error instanceof UserError;
      judged.push({ edit, found: isRefused ? error.message : String((error as Error).stack), wrong: !isRefused });
    }
  }
  return judged;
}

function isExpected(found: readonly number[], expected: Expected, plain: readonly number[]): boolean {
  if (expected === 'error' || expected === 'nan') return false;
  // The fixture has four digits.
  return difference(found, expected === 'same' ? plain : expected) <= TOLERANCE + 5e-5;
}

function* eachEdit(edits: Edits['edits']): Generator<Edit> {
  for (const [joined, outcomes] of Object.entries(edits)) {
    const path = joined.split('.');
    for (const outcome of ['error', 'same', 'nan'] as const) {
      for (const text of outcomes[outcome] ?? []) yield { path, text, expected: outcome };
    }
    for (const [text, expected] of Object.entries(outcomes.other ?? {})) yield { path, text, expected };
  }
}

/** config.json with the edit. */
function edited(config: PythonValue, { path, text }: Edit): string {
  const place = '<here>';
  const changed = withNumberKinds(config) as Record<string, unknown>;
  const inner = path.slice(0, -1).reduce((values, key) => values[key] as Record<string, unknown>, changed);
  const last = at(path, path.length - 1);
  if (text === '') delete inner[last];
  else inner[last] = place;
  return pythonJson(changed).replace(JSON.stringify(place), () => text);
}

/** With 1.0 where the file has it. */
function pythonJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const texts = Object.keys(value).map((key) => {
    const item = (value as Values)[key];
    const isWhole = Number.isInteger(item) && configKindIn(value as Values, key) === 'float';
    return [key, isWhole ? `${item}.0` : pythonJson(item)] as const;
  });
  return Array.isArray(value)
    ? `[${texts.map(([, text]) => text).join()}]`
    : `{${texts.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join()}}`;
}

/** Logits at the places, computed once for each description of a decoder. */
class Answers {
  readonly #known: { readonly decoder: unknown; readonly logits: readonly number[] }[] = [];
  readonly #tokens: readonly number[];
  readonly #places: Edits['at'];

  constructor(tokens: readonly number[], places: Edits['at']) {
    this.#tokens = tokens;
    this.#places = places;
  }

  async of(checkpoint: FullCheckpoint): Promise<readonly number[]> {
    const decoder = comparable(describeDecoder(checkpoint));
    const known = this.#known.find((item) => isDeepStrictEqual(item.decoder, decoder));
    if (known) return known.logits;
    const engine = await OnnxEngine.open(checkpoint, { device: CPU });
    try {
      const logits = await engine.logits([...this.#tokens]);
      const width = logits.length / this.#tokens.length;
      const chosen = this.#places.map(([position, token]) => at(logits, position * width + token));
      this.#known.push({ decoder, logits: chosen });
      return chosen;
    } finally {
      await engine.close();
    }
  }
}

/** Without what only limits the length. */
function comparable({ maxLength, ...decoder }: Decoder): unknown {
  return plain(decoder.positions === null ? decoder : { ...decoder, maxLength });
}

/** With a module in place of the function that names those of the experts. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, typeof item === 'function' ? item(1) : plain(item)]);
  return Object.fromEntries(entries);
}
