import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { LogKind } from '@shadow-gate/harness';
import { EXPORT_KEY } from '@shadow-gate/harness/export';
import type { Random } from '@shadow-gate/probes/random';
import { zipSync } from 'fflate';
import { measureLogs } from '../../../src/measure/measure-logs.ts';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import { parseMeasurement } from '../../../src/measure/schema/read.ts';
import { type Fuzzer, promise } from '../fuzzer.ts';
import { type Input, textOf, writeInput } from '../input.ts';
import { mutateBytes } from '../mutate/bytes.ts';
import { jsonBytes, mutateJson } from '../mutate/json.ts';
import { seedBytes } from '../seeds.ts';
import { expectShowable, judge } from '../showable.ts';

type Files = Readonly<Record<string, Uint8Array>>;

/** A run as its harness wrote it, by path. */
function filesOf(...fixture: readonly string[]): Files {
  const root = ['test', 'fixtures', ...fixture];
  const entries = readdirSync(join(process.cwd(), ...root), { recursive: true, withFileTypes: true });
  const prefix = join(process.cwd(), ...root).length + 1;
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(prefix));
  return Object.fromEntries(paths.sort().map((path) => [decodeURIComponent(path), seedBytes(...root, path)]));
}

/** What was done to a file. */
const DAMAGES = ['cut', 'doubled', 'bytes', 'values'] as const;
type Damage = (typeof DAMAGES)[number];

function damaged(name: string, bytes: Uint8Array, damage: Damage, random: Random): Uint8Array {
  switch (damage) {
    case 'cut':
      return bytes.slice(0, random.int(0, bytes.length - 1));
    case 'doubled':
      return new Uint8Array(Buffer.concat([bytes, bytes]));
    case 'bytes':
      return mutateBytes(bytes, random);
    case 'values':
      return withOtherValues(name, bytes, random);
  }
}

/** Edited as data: other keys and values. */
function withOtherValues(name: string, bytes: Uint8Array, random: Random): Uint8Array {
  const text = new TextDecoder().decode(bytes);
  if (name.endsWith('.json')) {
    const json = mutateJson(JSON.parse(text), random);
    return random.int(0, 2) === 0 && name.includes('sums_') ? archiveOf(json) : jsonBytes(json, random);
  }
  if (!name.endsWith('.jsonl')) return mutateBytes(bytes, random);
  const lines = text.trimEnd().split('\n');
  const target = random.int(0, lines.length - 1);
  const made = lines.map((line, i) => (i === target ? otherLine(JSON.parse(line), random) : line));
  return new Uint8Array(Buffer.concat(made.flatMap((line) => [Buffer.from(line), Buffer.from('\n')])));
}

/** Edited, or the item that is written in it, if there is one. */
function otherLine(sample: { readonly doc?: Readonly<Record<string, unknown>> }, random: Random): Uint8Array {
  const { doc } = sample;
  const item = doc?.[EXPORT_KEY];
  if (typeof item !== 'string' || random.int(0, 1) === 0) return jsonBytes(mutateJson(sample, random), random);
  const text = new TextDecoder().decode(jsonBytes(mutateJson(JSON.parse(item), random), random));
  return Buffer.from(JSON.stringify({ ...sample, doc: { ...doc, [EXPORT_KEY]: text } }));
}

/** A log of Inspect in its other format. */
function archiveOf(log: unknown): Uint8Array {
  const { samples, reductions, ...header } = (typeof log === 'object' && log !== null ? log : {}) as Record<
    string,
    unknown
  >;
  const members = Array.isArray(samples) ? samples.map((sample, i) => [`samples/${i}_epoch_1.json`, sample]) : [];
  const all = [['header.json', header], ['reductions.json', reductions ?? []], ...members] as const;
  return zipSync(Object.fromEntries(all.map(([name, json]) => [name, Buffer.from(JSON.stringify(json) ?? 'null')])));
}

/**
 * Any damage to a file in parts with checksums is noticed; in other files, that something is missing or there twice.
 */
const isNoticed = (damage: Damage, name: string): boolean =>
  damage === 'cut' || damage === 'doubled' || (damage === 'bytes' && name.endsWith('.eval'));

/** Without checksums, more is read of a damaged file than that it is damaged. */
function withoutChecksums(files: Files): Files {
  const plain = (bytes: Uint8Array) => Buffer.from(textOf({ input: bytes }).replace(/"checksum": "[0-9a-f]+",/, ''));
  return Object.fromEntries(
    Object.entries(files).map(([name, bytes]) => [name, name.endsWith('.json') ? plain(bytes) : bytes]),
  );
}

/** What was asked, and what was right: the same items are the same, whatever was answered. */
function askedIn({ probes }: Measurement): ReadonlyMap<string, string> {
  if (probes?.status !== 'measured') return new Map();
  const { suites, items } = probes;
  return new Map(
    suites.map(({ name, digest }) => {
      const own = items.filter(({ suite }) => suite === name);
      return [digest, JSON.stringify(own.map(({ id, form, kind, prompt, right }) => [id, form, kind, prompt, right]))];
    }),
  );
}

function logFuzzer(kind: LogKind, about: string, files: Files, name = `${kind}-logs`): Fuzzer {
  const original: { measurement?: Promise<Measurement> } = {};
  const input = (own: Files): Input =>
    Object.fromEntries(Object.entries(own).map(([name, bytes]) => [`logs/${name}`, bytes]));
  return {
    name,
    about,
    make: (random) => {
      const name = random.pick(Object.keys(files));
      const damage = random.pick(DAMAGES);
      const bytes = damaged(name, files[name] ?? new Uint8Array(), damage, random);
      const isArchive = name.endsWith('.json') && bytes[0] === 0x50 && bytes[1] === 0x4b;
      const { [name]: _, ...others } = files;
      const written = { ...others, [isArchive ? name.replace(/json$/, 'eval') : name]: bytes };
      return { ...input(written), noticed: Buffer.from(String(isNoticed(damage, name))) };
    },
    run: async (given, folder) => {
      writeInput(input(files), folder);
      original.measurement ??= measureLogs({ kind, path: join(folder, 'logs') });
      const before = await original.measurement;
      writeInput(given, folder);
      const read = await measureLogs({ kind, path: join(folder, 'logs') });
      const again = parseMeasurement(JSON.stringify(read), 'measurement.json');
      promise(isDeepStrictEqual(again, read), 'a measurement is another one after it was written and read');
      if (textOf({ input: given.noticed ?? new Uint8Array() }) === 'true') {
        promise(isDeepStrictEqual(read.benchmarks, before.benchmarks), 'a damaged file was read as another result');
        promise(isDeepStrictEqual(read.probes, before.probes), 'a damaged file was read as other answers');
      }
      const known = askedIn(before);
      for (const [digest, asked] of askedIn(read)) {
        promise((known.get(digest) ?? asked) === asked, 'other items have the digest of a suite');
      }
      for (const report of [judge(read, null), judge(read, before), judge(before, read)]) expectShowable(report);
    },
  };
}

export const lmEvalLogs: Fuzzer = logFuzzer(
  'lm-eval',
  'results and samples of lm-evaluation-harness',
  filesOf('lm-eval', 'candidate'),
);

export const exportedLogs: Fuzzer = logFuzzer(
  'lm-eval',
  'samples of exported probes',
  filesOf('lm-eval-export', 'logs'),
  'exported-logs',
);

export const inspectLogs: Fuzzer = logFuzzer('inspect', 'logs of Inspect AI', filesOf('inspect', 'candidate'));

export const everyEvalEverLogs: Fuzzer = logFuzzer(
  'every-eval-ever',
  'logs of Every Eval Ever and their samples',
  withoutChecksums(filesOf('every-eval-ever', 'candidate')),
);

export const lightevalLogs: Fuzzer = logFuzzer(
  'lighteval',
  'results and details of lighteval',
  filesOf('lighteval', 'candidate'),
);
