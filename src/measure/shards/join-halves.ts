import { at, UserError } from '@shadow-gate/platform';
import { type Measurement, measurementSchema } from '../schema/measurement.ts';

/** Half of a measurement, joined from all its shards, and its file or the first of them. */
export interface HalfFile {
  readonly path: string;
  readonly measurement: Measurement;
}

const HINT = 'give two halves of one measurement, of the same checkpoint and with the same version';

/**
 * The spectra and the answers of one checkpoint, measured apart: the measurement of one run, except for `run`. Pure.
 * @throws UserError for halves that are not provably of one checkpoint
 */
export function joinHalves(spectra: HalfFile, probes: HalfFile): Measurement {
  expectSameCheckpoint(spectra, probes);
  for (const [name, get] of COMMON) {
    const [ours, theirs] = [get(spectra.measurement), get(probes.measurement)];
    // One half knows what the other does not.
    if (ours === null || theirs === null || JSON.stringify(ours) === JSON.stringify(theirs)) continue;
    throw refused(probes, `was measured with another ${name} than ${spectra.path}`, HINT);
  }
  const [weights, answers] = [spectra.measurement, probes.measurement];
  return measurementSchema.parse({
    ...weights,
    unread: joinUnread(weights.unread, answers.unread),
    signature: weights.signature ?? answers.signature,
    probes: answers.probes,
    answeredBy: answers.served ?? answers.answeredBy,
    run: joinRuns(weights.run, answers.run),
  });
}

/** What both halves have, unless one does not know it. */
const COMMON: ReadonlyArray<readonly [name: string, get: (measurement: Measurement) => unknown]> = [
  ['tool version', ({ tool }) => tool.version],
  ['reference', ({ reference }) => reference?.digest ?? null],
  ['base model', ({ served, run }) => (served ? served.hub?.base : run.hub?.base)?.listing ?? null],
  ['tokenizer, templates or code', ({ behavior }) => behavior?.files ?? null],
  ['set of files next to the weights', ({ behaviorFiles }) => behaviorFiles ?? null],
  ['signature, or files next to it', ({ signature }) => signature ?? null],
];

/** Only equal digests of the bytes, equal listings of the hub, or a server's declaration prove one checkpoint. */
function expectSameCheckpoint(spectra: HalfFile, probes: HalfFile): void {
  const { checkpoint, run } = spectra.measurement;
  const { checkpoint: other, served } = probes.measurement;
  if (served?.hub) {
    if (run.hub === undefined) {
      throw refused(
        probes,
        `is known by what a hub lists (${served.hub.checkpoint}), and the checkpoint of ${spectra.path} is not from a hub`,
        `measure the spectra of ${served.hub.checkpoint}, or the probes with --checkpoint ${run.checkpoint}`,
      );
    }
    if (run.hub.listing === served.hub.listing) return;
    throw refused(probes, `is of ${served.hub.checkpoint}, and ${spectra.path} of ${run.hub.checkpoint}`, HINT);
  }
  if (served) {
    const known = [checkpoint.digest, ...(run.hub ? [run.hub.checkpoint, commitOf(run.hub.checkpoint)] : [])];
    if (served.revision !== null && known.includes(served.revision)) return;
    const declared = served.revision === null ? 'no revision' : `the revision ${served.revision}`;
    throw refused(
      probes,
      `is of a model at a server, with ${declared} declared, and nothing says that it is the checkpoint of ${spectra.path}`,
      `measure the probes with both --checkpoint and --endpoint, or declare --revision ${at(known, known.length - 1)}`,
    );
  }
  if (checkpoint.digest !== other.digest) throw refused(probes, `is of another checkpoint than ${spectra.path}`, HINT);
}

function commitOf(path: string): string {
  return /@([0-9a-f]{40})(?:\/|$)/.exec(path)?.[1] ?? path;
}

function refused({ path }: HalfFile, problem: string, hint: string): UserError {
  return new UserError(`${path} ${problem}`, hint);
}

/** Machines can have other files next to the same weights. */
export function joinUnread(...lists: ReadonlyArray<Measurement['unread']>): Measurement['unread'] {
  const byName = new Map(lists.flatMap((files = []) => files.map((file) => [file.name, file])));
  return byName.size === 0 ? undefined : [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The machines work in parallel. */
function joinRuns(spectra: Measurement['run'], probes: Measurement['run']): Measurement['run'] {
  return {
    ...spectra,
    time: [spectra.time, probes.time].sort()[0] ?? spectra.time,
    durationSeconds: Math.max(spectra.durationSeconds, probes.durationSeconds),
    probes: probes.probes,
  };
}
