import { markdownTable } from 'markdown-table';
import type { CalibrationRun } from '../../compare/calibration/schema.ts';
import { codeName, plainText, printable } from '../escape.ts';
import { howItChanges, knownGoodCount, limitTable, type Replaced, runsWithout } from '../text/calibration-limits.ts';
import { formatCount, formatNumber } from '../text/numbers.ts';
import { phraseMarkdown } from './phrase.ts';
import { type ProposalText, TITLE_KEY } from './proposal.ts';

/** A calibration that has been made, and the one that it takes the place of. */
export interface CalibrationChange extends Replaced {
  readonly path: string;
  /** Rate of false alarms, where there are enough exchangeable runs for one. */
  readonly alpha: number;
}

/** A reader takes in a screenful; the file has them all. */
const MAX_RUNS = 40;

/** The step summary: known-good checkpoints, and the limits that they set. */
export function calibrationSummary(change: CalibrationChange): string {
  return [`## Shadow Gate: calibration`, `${codeName(change.path)}: ${howItChanges(change)}.`, tables(change)].join(
    '\n\n',
  );
}

/** Title and body of a pull request that proposes a calibration alone. */
export function describeCalibrationProposal(
  change: CalibrationChange,
  { key, run, commit }: { readonly key: string; readonly run: string; readonly commit: string },
): ProposalText {
  const { after, path } = change;
  const of = key === 'default' ? '' : ` of ${printable(key, TITLE_KEY)}`;
  const body = [
    `Merging this sets the limits for later updates by ${codeName(path)}: ${howItChanges(change)}. It was made at commit ${commit}.`,
    `[The run](${run}) only proposes it; merging is your decision: a checkpoint that is not good widens the limits.`,
    tables(change),
  ];
  return {
    title: `Shadow Gate: calibration${of} with ${knownGoodCount(after.runs.length, after.kind)}`,
    body: body.join('\n\n'),
  };
}

function tables({ before, after, alpha }: CalibrationChange): string {
  const { rows, note } = limitTable(after, alpha);
  const limits = markdownTable(
    [
      ['part', 'metric', 'seen', 'limit', 'source'],
      ...rows.map(({ part, metric, seen, limit, source }) => [
        plainText(part),
        phraseMarkdown([metric]),
        seen,
        limit,
        source,
      ]),
    ],
    { align: ['l', 'l', 'r', 'r', 'l'], alignDelimiters: false },
  );
  const fresh = new Set(runsWithout(after.runs, before?.runs ?? []));
  return [runTable(after.runs, fresh), ...(rows.length === 0 ? [] : [limits]), note].join('\n\n');
}

function runTable(runs: readonly CalibrationRun[], fresh: ReadonlySet<CalibrationRun>): string {
  const shown = runs.slice(-MAX_RUNS);
  const table = markdownTable(
    [
      ['checkpoint', 'update size', ''],
      ...shown.map((run) => [codeName(run.name), formatNumber(run.updateSize), fresh.has(run) ? 'new' : '']),
    ],
    { align: ['l', 'r', 'l'], alignDelimiters: false },
  );
  const rest = runs.length - shown.length;
  return rest > 0 ? `${table}\n\n<sub>and ${formatCount(rest, 'checkpoint')} before these</sub>` : table;
}
