import { isDeepStrictEqual } from 'node:util';
import { isOutline } from '@shadow-gate/checkpoints';
import { LAYER_BY_LAYER } from '@shadow-gate/language-model/execution';
import { at, UserError } from '@shadow-gate/platform';
import type { Probes } from '@shadow-gate/probes/answer';
import { methodOfAll, summarize } from '../aggregate.ts';
import { type Measurement, measurementSchema } from '../schema/measurement.ts';
import { readMeasurementOrShard } from '../schema/read.ts';
import type { ShardMeasurement } from '../schema/shard.ts';
import { joinAnswers } from './join-answers.ts';
import { joinByIndex } from './join-by-index.ts';
import { type HalfFile, joinHalves, joinUnread } from './join-halves.ts';
import { joinIdentities, type ShardFile } from './join-identity.ts';

/**
 * Read the shards of a measurement and join them. Spectra and probes can have different numbers of shards, and a half
 * that was not split can be a whole file.
 * @param commit required of all shards; by default any, and none
 * @throws UserError naming a file that is not of the same measurement, or a missing shard
 */
export async function mergeFiles(paths: readonly string[], commit?: string): Promise<Measurement> {
  const files: HalfFile[] = [];
  for (const path of paths) files.push({ path, measurement: await readMeasurementOrShard(path) });
  for (const file of files) if (commit !== undefined) expectCommit(file, commit);
  const spectra = files.filter(({ measurement }) => halvesOf(measurement) === 'spectra');
  const probes = files.filter(({ measurement }) => halvesOf(measurement) === 'probes');
  if (spectra.length === 0 || probes.length === 0) return mergeShards(files.map(asShard));
  const other = files.find((file) => !spectra.includes(file) && !probes.includes(file));
  if (other) {
    throw new UserError(
      `${other.path} has ${halvesOf(other.measurement)}, and other files have one half each`,
      'give the shards of one measurement, or those of its two halves',
    );
  }
  return joinHalves(wholeHalf(spectra), wholeHalf(probes));
}

function expectCommit({ path, measurement: { shard } }: HalfFile, commit: string): void {
  if (shard?.commit === commit) return;
  const known = shard?.commit === undefined ? 'has no commit' : `is of commit ${shard.commit.slice(0, SHA_LENGTH)}`;
  throw new UserError(
    `${path} ${known}, and this run is about ${commit}`,
    'let the jobs of this run measure all shards, with this version of the action',
  );
}

/** Characters of a commit: a file can have any text there. */
const SHA_LENGTH = 40;

function wholeHalf(files: readonly HalfFile[]): HalfFile {
  const [first] = files;
  if (first && files.length === 1 && first.measurement.shard === null) return first;
  const shards = files.map(asShard);
  const [{ path }] = inOrder(shards);
  return { path, measurement: mergeShards(shards) };
}

function asShard({ path, measurement }: HalfFile): ShardFile {
  const { shard } = measurement;
  if (shard === null) {
    throw new UserError(
      `${path} is a complete measurement, not a shard`,
      "give the files that 'shadow-gate measure --shard' wrote",
    );
  }
  if (!isConsistent(measurement, shard)) {
    throw new UserError(`${path} is damaged: its shard does not match its contents`, 'measure that shard again');
  }
  return { path, measurement, shard };
}

function isConsistent(
  { checkpoint, reference, method, skipped, merge, probes }: Measurement,
  { index, count, spectra, probes: asked, adapter, digests }: ShardMeasurement,
) {
  const answers = probes?.status === 'measured' ? probes : null;
  return (
    index <= count &&
    (method === null) === (spectra === null) &&
    (answers === null) === (asked === null) &&
    skipped.length >= (spectra?.skipped.length ?? 0) &&
    isOutline(checkpoint.digest) === (digests.checkpoint !== null) &&
    isOutline(reference?.digest ?? '') === (digests.reference !== null) &&
    (merge?.adapter.digest ?? null) === (index === 1 ? adapter : null) &&
    answers?.leftOut.length === asked?.leftOut.length
  );
}

/** The measurement of one machine, except for `run`. @throws UserError for shards that do not make one measurement */
function mergeShards(files: readonly ShardFile[]): Measurement {
  const shards = inOrder(files);
  const [first] = shards;
  const spectra = joinSpectra(shards);
  const { unverified, ...identities } = joinIdentities(shards);
  return measurementSchema.parse({
    ...first.measurement,
    ...identities,
    method: first.measurement.method && methodOfAll(spectra.tensors),
    ...summarize(spectra.tensors),
    ...spectra,
    nonFinite: joinNonFinite(shards),
    unread: joinUnread(...shards.map(({ measurement }) => measurement.unread)),
    answeredBy: joinAnsweredBy(shards),
    behavior: joinBehavior(shards),
    probes: joinProbes(shards),
    shard: null,
    run: { ...joinRuns(shards), ...(unverified.length > 0 ? { unverified } : {}) },
  });
}

type Shards = readonly [ShardFile, ...ShardFile[]];

/** The shards by index. Foreign ones are refused first, so that none is reported as a duplicate. */
function inOrder(files: readonly ShardFile[]): Shards {
  const [first, ...rest] = [...files].sort((a, b) => a.shard.index - b.shard.index);
  if (!first) throw new UserError('there are no shards to merge', 'give the files of all shards');
  const shards: Shards = [first, ...rest];
  expectOneMeasurement(shards);
  const { count } = first.shard;
  for (const [i, { path, shard }] of shards.entries()) {
    const before = shards[i - 1];
    if (before?.shard.index === shard.index) {
      throw new UserError(`${before.path} and ${path} are both shard ${shard.index}/${count}`, 'give each shard once');
    }
  }
  const given = new Set(shards.map(({ shard }) => shard.index));
  const missing = Array.from({ length: count }, (_, i) => i + 1).filter((index) => !given.has(index));
  if (missing.length > 0) {
    const names = missing.slice(0, NAMED_MISSING).map((index) => `${index}/${count}`);
    const more = missing.length > NAMED_MISSING ? ` and ${missing.length - NAMED_MISSING} more` : '';
    throw new UserError(
      `${missing.length > 1 ? 'shards' : 'shard'} ${names.join(', ')}${more} of ${first.path} ${missing.length > 1 ? 'are' : 'is'} missing`,
      'measure the missing shards, and give the files of all shards',
    );
  }
  return shards;
}

/** Number of missing shards that an error names. */
const NAMED_MISSING = 5;

/** The values that the shards of one measurement have in common, with their names in errors. */
const COMMON: ReadonlyArray<readonly [name: string, get: (file: ShardFile) => unknown]> = [
  ['tool version', ({ measurement: { tool } }) => tool.version],
  ['number of shards', ({ shard }) => shard.count],
  // Digests are of two kinds, which cannot be compared.
  ['way of reading the checkpoint', ({ shard: { digests } }) => wayOfReading(digests.checkpoint)],
  ['way of reading the reference', ({ shard: { digests } }) => wayOfReading(digests.reference)],
  ['checkpoint', ({ measurement: { checkpoint } }) => checkpoint.digest],
  ['reference', ({ measurement: { reference } }) => reference?.digest ?? null],
  ['adapter', ({ shard }) => shard.adapter],
  ['device', ({ measurement: { device } }) => device],
  ['half (--only)', ({ measurement }) => halvesOf(measurement)],
  ['seed', (file) => probesOf(file)?.seed],
  ['chat template', (file) => probesOf(file)?.chatTemplate],
  ['text of the chat template', (file) => probesOf(file)?.chatFrame],
  ['form in which questions are compared', (file) => probesOf(file)?.spelling],
  ['tokens before each text', (file) => probesOf(file)?.leading],
  ['probe suites', (file) => probesOf(file)?.suites.map(({ levels: _, ...suite }) => suite)],
  // Machines of two kinds can find different ones, unless all take them from one baseline.
  ['choice of levels', (file) => probesOf(file)?.suites.map(({ levels }) => levels)],
  ['tokenizer, templates or code', ({ measurement: { behavior } }) => behavior?.files ?? null],
  ['signature, or files next to it', ({ measurement: { signature } }) => signature ?? null],
  ['set of files that decide how it is used', ({ measurement: { behaviorFiles } }) => behaviorFiles ?? null],
  // These follow from the values above, unless the file was edited.
  ['description of the checkpoint', ({ measurement: { checkpoint, architecture } }) => [checkpoint, architecture]],
  ['list of tensors', ({ measurement: { vectors, mismatched }, shard }) => [shard.spectra?.jobs, vectors, mismatched]],
  ['number of probes', (file) => probesOf(file) && file.shard.probes?.asked],
];

/** @throws UserError naming the first file that differs from the first one, and the difference */
function expectOneMeasurement(files: Shards): void {
  const [first] = files;
  for (const [name, get] of COMMON) {
    for (const file of files) {
      const [theirs, ours] = [get(file), get(first)];
      // A shard that could not run the probes has none of their values.
      if (theirs === undefined || ours === undefined || JSON.stringify(theirs) === JSON.stringify(ours)) continue;
      const values = [theirs, ours].every(isShort) ? ` (${theirs ?? 'none'} and ${ours ?? 'none'})` : '';
      throw new UserError(
        `${file.path} is not a shard of the same measurement as ${first.path}: another ${name}${values}`,
        'give the shards of one measurement, all with the same inputs, settings and version',
      );
    }
  }
}

function wayOfReading(share: ShardMeasurement['digests']['checkpoint']): string {
  return share === null ? 'all of it' : 'its own tensors, from a hub';
}

const isShort = (value: unknown): boolean => value === null || typeof value !== 'object';

function halvesOf({ method, probes }: Measurement): string {
  const names = [method === null ? '' : 'spectra', probes === null ? '' : 'probes'].filter(Boolean);
  return names.join(' and ') || 'nothing';
}

function probesOf({ measurement }: ShardFile) {
  return measurement.probes?.status === 'measured' ? measurement.probes : undefined;
}

function joinSpectra(shards: Shards): Pick<Measurement, 'tensors' | 'skipped'> {
  const [{ measurement, shard }] = shards;
  const { spectra } = shard;
  if (spectra === null) return { tensors: [], skipped: measurement.skipped };
  // The first ones are skipped in every shard: they are not measured at all.
  const everywhere = measurement.skipped.length - spectra.skipped.length;
  const joined = joinByIndex(
    shards.map(({ path, measurement: { tensors, skipped }, shard }) => {
      const indices = shard.spectra ?? { measured: [], skipped: [] };
      return {
        path,
        indices: [...indices.measured, ...indices.skipped],
        items: [
          ...tensors.map((tensor) => ({ tensor })),
          ...skipped.slice(skipped.length - indices.skipped.length).map((matrix) => ({ matrix })),
        ],
      };
    }),
    { name: 'spectrum', length: spectra.jobs },
  );
  const vectors = shards.map(({ path, shard }) => {
    const indices = shard.spectra?.vectors ?? [];
    return { path, indices, items: indices };
  });
  joinByIndex(vectors, { name: 'vector', length: measurement.vectors.length });
  return {
    tensors: joined.flatMap(({ item }) => ('tensor' in item ? [item.tensor] : [])),
    skipped: [
      ...measurement.skipped.slice(0, everywhere),
      ...joined.flatMap(({ item }) => ('matrix' in item ? [item.matrix] : [])),
    ],
  };
}

/** Two servers of one model can differ in the last digits of the fixed prompts: a fingerprint then proves nothing. */
function joinAnsweredBy(shards: Shards): Measurement['answeredBy'] {
  const [first, ...others] = shards.map(({ measurement }) => measurement.answeredBy);
  const isSame = others.every((other) => isDeepStrictEqual(other, first));
  return first && !isSame ? { ...first, fingerprint: null } : first;
}

function joinNonFinite(shards: Shards): Measurement['nonFinite'] {
  return shards.flatMap(({ measurement }) => measurement.nonFinite).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Only the shard with the output embedding knows how large logits are, unless each reads all. */
function joinBehavior(shards: Shards): Measurement['behavior'] {
  const [{ measurement }] = shards;
  const scales = shards.flatMap(({ measurement: { behavior } }) => behavior?.logitScale ?? []);
  return measurement.behavior && { ...measurement.behavior, logitScale: scales[0] ?? null };
}

/** One shard that could not run the model makes the reason; on one machine another item might have failed first. */
function joinProbes(shards: Shards): Probes | null {
  const [{ measurement, shard }] = shards;
  const failed = shards.find(({ measurement: { probes } }) => probes?.status === 'notRun');
  if (failed) return failed.measurement.probes;
  if (measurement.probes?.status !== 'measured' || shard.probes === null) return measurement.probes;
  const parts = shards.map(({ path, measurement: { probes }, shard }) => {
    const share = shard.probes ?? { items: [], leftOut: [] };
    const answers = probes?.status === 'measured' ? probes : { items: [], leftOut: [] };
    return { path, share, answers };
  });
  const suitesSize = measurement.probes.suites.reduce((sum, { items }) => sum + items, 0);
  const items = joinByIndex(
    parts.map(({ path, share, answers }) => ({ path, indices: share.items, items: answers.items })),
    { name: 'probe', length: suitesSize, filled: shard.probes.asked },
  );
  // isConsistent() has compared the lengths.
  const leftOut = parts.flatMap(({ share, answers }) =>
    answers.leftOut.map((item, i) => {
      const { place: index, fact } = at(share.leftOut, i);
      return { index, fact, item };
    }),
  );
  return { ...measurement.probes, ...joinAnswers([{ items, leftOut }]) };
}

/** Machines work in parallel: the run began with the first, and took as long as the slowest. */
function joinRuns(shards: Shards): Measurement['run'] {
  const runs = shards.map(({ measurement }) => measurement.run);
  const [{ measurement }] = shards;
  const probes = runs.flatMap((run) => run.probes ?? []);
  const [first] = probes;
  return {
    ...measurement.run,
    time: runs.map(({ time }) => time).sort()[0] ?? measurement.run.time,
    durationSeconds: Math.max(...runs.map(({ durationSeconds }) => durationSeconds)),
    recalledSpectra: runs.reduce((sum, { recalledSpectra }) => sum + recalledSpectra, 0),
    probes: first
      ? {
          by: first.by,
          ...(first.precision === undefined ? {} : { precision: joinPrecisions(probes) }),
          // One machine that had too little memory is worth knowing.
          ...(probes.some(({ execution }) => execution !== undefined) ? { execution: LAYER_BY_LAYER } : {}),
          seconds: Math.max(...probes.map(({ seconds }) => seconds)),
          expectedSeconds: Math.max(...probes.map(({ expectedSeconds }) => expectedSeconds)),
          ...(first.allSeconds === undefined ? {} : { allSeconds: first.allSeconds }),
          ...(first.server === undefined ? {} : { server: joinServers(probes) }),
        }
      : null,
  };
}

/** Null if machines computed differently. Weights count as 16-bit if one machine's were: they are the same numbers. */
function joinPrecisions(probes: ReadonlyArray<NonNullable<Measurement['run']['probes']>>) {
  const precisions = probes.flatMap(({ precision }) => precision ?? []);
  const [first] = precisions;
  const isSame = precisions.length === probes.length && precisions.every((one) => one.arithmetic === first?.arithmetic);
  if (!first || !isSame) return null;
  const weights = precisions.some((one) => one.weights === '16-bit') ? ('16-bit' as const) : first.weights;
  return { ...first, weights };
}

function joinServers(probes: ReadonlyArray<NonNullable<Measurement['run']['probes']>>) {
  const total = (key: 'requests' | 'questions') => probes.reduce((sum, { server }) => sum + (server?.[key] ?? 0), 0);
  return { requests: total('requests'), questions: total('questions') };
}
