import { CALIBRATION_FILE } from '../../compare/calibration/index.ts';
import type { Report } from '../../compare/report.ts';
import { printable } from '../escape.ts';
import { command, type PhrasePart } from './phrase.ts';

/** Default path of a baseline, in the action and the docs. */
const BASELINE_FILE = '.shadow-gate/baseline.json';

const LONGEST_PATH = 200;

/** A path as one word of a shell; `PATH` if it cannot be typed, since a changed path would lead elsewhere. */
export function pathWord(path: string): string {
  if (path === '' || path.length > LONGEST_PATH || printable(path, LONGEST_PATH) !== path) return 'PATH';
  if (!/^[\w./:@%+=,-]+$/.test(path)) return `'${path.replaceAll("'", `'\\''`)}'`;
  // A leading dash would make it an option.
  return path.startsWith('-') ? `./${path}` : path;
}

/** The file that the report names, or else the usual one. */
function baselineFile({ baseline, findings }: Report): string {
  const missing = findings.find((finding) => finding.kind === 'missing-baseline');
  const named = baseline?.name ?? missing?.path ?? null;
  return named !== null && /\.json$/.test(named) ? named : BASELINE_FILE;
}

/** Measures the candidate into the baseline's file, which accepts it. */
export const acceptCommand = (report: Report): PhrasePart =>
  command(`shadow-gate measure ${of(report)} --out ${pathWord(baselineFile(report))}`);

/** Measures the baseline's checkpoint again, with this version and these settings. */
export function remeasureCommand(report: Report, extra = ''): PhrasePart {
  const what = of(report, report.baseline?.path);
  return command(`shadow-gate measure ${what}${extra} --out ${pathWord(baselineFile(report))}`);
}

/** Asks the candidate the baseline's questions. */
export function likeCommand(report: Report): PhrasePart {
  const like = `--like ${pathWord(baselineFile(report))}`;
  return command(`shadow-gate measure ${of(report)} ${like} --out candidate.json`);
}

/** Judges the same checkpoint again, with another option. */
export function checkCommand(report: Report, option: string): PhrasePart {
  const baseline = pathWord(report.baseline?.name ?? report.baseline?.path ?? BASELINE_FILE);
  return command(`shadow-gate check ${of(report)} --baseline ${baseline} ${option}`);
}

/** Sets limits for updates like the candidate's. */
export function calibrateCommand({ reference }: Report): PhrasePart {
  const base = pathWord(reference?.path ?? 'BASE');
  return command(`shadow-gate calibrate --reference ${base} --checkpoints GOOD-1 GOOD-2 GOOD-3`);
}

/** Makes the candidate one of the known-good checkpoints. */
export function addToCalibrationCommand({ reference, candidate, calibration }: Report): PhrasePart {
  const file = calibration?.path ?? CALIBRATION_FILE;
  const out = file === CALIBRATION_FILE ? '' : ` --out ${pathWord(file)}`;
  return command(`shadow-gate calibrate${from(reference)} --checkpoints ${pathWord(candidate.path)} --add${out}`);
}

/** Estimates how many probes fit into a time budget; null if another machine answers them. */
export const budgetCommand = (report: Report): PhrasePart | null =>
  isAnsweredElsewhere(report) ? null : command(`shadow-gate probes ${of(report)} --budget 10m`);

/** Were the candidate's probes answered by a server, or read from logs? */
export const isAnsweredElsewhere = ({ findings }: Report): boolean =>
  findings.some(
    (finding) =>
      finding.kind === 'evaluation-logs' ||
      ((finding.kind === 'no-weights' || finding.kind === 'answered-by-server') && finding.side === 'candidate'),
  );

/** Shows single matrices of the candidate. */
export function spectraCommand({ candidate, reference }: Report, tensor = 'NAME'): PhrasePart {
  const what = `${pathWord(candidate.path)}${from(reference)}`;
  return command(`shadow-gate spectra --checkpoint ${what} --tensor ${pathWord(tensor)}`);
}

const from = (reference: Report['reference']): string =>
  reference === null ? '' : ` --reference ${pathWord(reference.path)}`;

/** Options for the subject: weights, a served model, or evaluation logs. */
function of({ candidate, reference, policy, findings, benchmarks }: Report, path = candidate.path): string {
  const logs = findings.find((finding) => finding.kind === 'evaluation-logs');
  if (logs || benchmarks !== null) return `--${LOG_OPTIONS[logs?.harness ?? ''] ?? 'lm-eval'} FOLDER`;
  const isServed = findings.some((finding) => finding.kind === 'no-weights' && finding.side === 'candidate');
  const what = isServed ? '--endpoint URL --model NAME' : `--checkpoint ${pathWord(path)}`;
  const file = policy ?? DEFAULT_POLICY_FILE;
  const judged = file === DEFAULT_POLICY_FILE ? '' : ` --policy ${pathWord(file)}`;
  return `${what}${isServed ? '' : from(reference)}${judged}`;
}

/** Found without being named. */
const DEFAULT_POLICY_FILE = 'shadow-gate.yml';

const LOG_OPTIONS: Readonly<Record<string, string>> = {
  'lm-evaluation-harness': 'lm-eval',
  'inspect-ai': 'inspect',
  lighteval: 'lighteval',
  'every-eval-ever': 'every-eval-ever',
  counts: 'counts',
};
