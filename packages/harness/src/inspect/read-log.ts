import { join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { withZip, type ZipArchive } from '@shadow-gate/platform/files';
import { parseJsonWithNaN } from '@shadow-gate/platform/json';
import { readLogJson } from '../log-json.ts';
import { HINT, type LogHeader, type Reductions, toHeader, toReductions } from './log.ts';

export interface LoggedSample {
  /** File, and member or entry. */
  readonly where: string;
  readonly json: unknown;
}

/** An open log. */
export interface InspectLog {
  readonly header: LogHeader;
  readonly reductions: Reductions | null;
  /** One at a time: each has its messages and events. */
  readonly samples: AsyncIterable<LoggedSample>;
}

const HEADER = 'header.json';
/** The only header of a run that did not end. */
const START = '_journal/start.json';
const REDUCTIONS = 'reductions.json';
const SAMPLE = /^samples\/.+\.json$/;

/** A log is `.eval`, a zip archive with a JSON file per sample, or one `.json`. @throws UserError for a damaged log */
export async function withLog<T>(folder: string, file: string, use: (log: InspectLog) => Promise<T>): Promise<T> {
  const path = join(folder, file);
  if (path.endsWith('.eval')) return withZip(path, HINT, async (archive) => use(await openArchive(archive, path)));
  return use(await openJson(path));
}

async function openArchive(archive: ZipArchive, path: string): Promise<InspectLog> {
  const read = async (name: string): Promise<unknown> => {
    // The last member of a name replaces the others.
    const member = archive.members.findLast((own) => own.name === name);
    if (member === undefined) return undefined;
    return parseJsonWithNaN((await archive.read(member)).toString('utf8'), `${path}: ${name}`, HINT);
  };
  const header = (await read(HEADER)) ?? unfinished(await read(START));
  if (header === undefined) throw new UserError(`${path} is not a log of Inspect: it has no ${HEADER}`, HINT);
  const reductions = await read(REDUCTIONS);
  return {
    header: toHeader(header, `${path}: ${HEADER}`),
    reductions: reductions === undefined ? null : toReductions(reductions, `${path}: ${REDUCTIONS}`),
    samples: samplesOf(archive, path),
  };
}

function unfinished(start: unknown): unknown {
  return typeof start === 'object' && start !== null ? { ...start, status: 'started' } : undefined;
}

async function* samplesOf(archive: ZipArchive, path: string): AsyncGenerator<LoggedSample> {
  for (const member of archive.members) {
    if (!SAMPLE.test(member.name)) continue;
    const where = `${path}: ${member.name}`;
    yield { where, json: parseJsonWithNaN((await archive.read(member)).toString('utf8'), where, HINT) };
  }
}

async function openJson(path: string): Promise<InspectLog> {
  const log = await readLogJson(path, 'requests', HINT);
  const { samples, reductions } = (log ?? {}) as { readonly samples?: unknown; readonly reductions?: unknown };
  const header = toHeader(log, path);
  if (samples !== undefined && samples !== null && !Array.isArray(samples)) {
    throw new UserError(`${path} is not a log of Inspect: its samples are no list`, HINT);
  }
  const entries: readonly unknown[] = samples ?? [];
  return {
    header,
    reductions: reductions === undefined || reductions === null ? null : toReductions(reductions, path),
    samples: (async function* () {
      for (const [index, json] of entries.entries()) yield { where: `${path}: sample ${index + 1}`, json };
    })(),
  };
}
