import type { CalibrationRun } from '../../compare/calibration/index.ts';
import type { Table } from '../document/block.ts';
import { codeName, printable } from '../escape.ts';
import { drawMarkdown } from '../render/markdown/draw.ts';
import { linkDefinitions } from '../render/markdown/phrase.ts';
import { limitTable } from '../sections/calibration-limits.ts';
import { howItChanges, knownGoodCount, type Replaced, runsWithout } from '../text/calibration-limits.ts';
import { formatCount, formatNumber } from '../text/numbers.ts';
import { name } from '../text/phrase.ts';
import { type ProposalText, TITLE_KEY } from './proposal.ts';

/** A calibration that has been made, and the one that it takes the place of. */
export interface CalibrationChange extends Replaced {
  readonly path: string;
  /** Rate of false alarms, claimed only with enough exchangeable runs. */
  readonly alpha: number;
}

/** A reader takes in a screenful; the file has them all. */
const MAX_RUNS = 40;

/**
 * The step summary: known-good checkpoints, and the limits that they set.
 * @param docs address of the documentation, without a slash at the end
 */
export function calibrationSummary(change: CalibrationChange, docs: string): string {
  const text = [
    '## Shadow Gate: calibration',
    `${codeName(change.path)}: ${howItChanges(change)}.`,
    tables(change),
  ].join('\n\n');
  return withLinks(text, docs);
}

interface ProposalContext {
  readonly key: string;
  /** Address of the workflow run. */
  readonly run: string;
  readonly commit: string;
  readonly docs: string;
}

/** Title and body of a pull request that proposes a calibration alone. */
export function describeCalibrationProposal(
  change: CalibrationChange,
  { key, run, commit, docs }: ProposalContext,
): ProposalText {
  const { after, path } = change;
  const of = key === 'default' ? '' : ` of ${printable(key, TITLE_KEY)}`;
  const body = [
    `Merging this sets the limits for later updates by ${codeName(path)}: ${howItChanges(change)}. It was made at commit ${commit}.`,
    `[The run](${run}) only proposes it; merging is your decision: a checkpoint that is not good widens the limits.`,
    tables(change),
  ].join('\n\n');
  return {
    title: `Shadow Gate: calibration${of} with ${knownGoodCount(after.runs.length, after.kind)}`,
    body: withLinks(body, docs),
  };
}

function withLinks(text: string, docs: string): string {
  const definitions = linkDefinitions(text, docs);
  return definitions === '' ? text : `${text}\n\n${definitions}`;
}

function tables({ before, after, alpha }: CalibrationChange): string {
  const { table, note } = limitTable(after, alpha);
  const fresh = new Set(runsWithout(after.runs, before?.runs ?? []));
  return [drawMarkdown(runTable(after.runs, fresh)), drawMarkdown(table), note]
    .filter((part) => part !== '')
    .join('\n\n');
}

function runTable(runs: readonly CalibrationRun[], fresh: ReadonlySet<CalibrationRun>): Table {
  const hidden = Math.max(0, runs.length - MAX_RUNS);
  return {
    kind: 'table',
    title: 'Known-good checkpoints',
    columns: [{ head: 'checkpoint' }, { head: 'update size', isNumber: true }, { head: '' }],
    rows: runs
      .slice(hidden)
      .map((run) => [[name(run.name)], formatNumber(run.updateSize), fresh.has(run) ? 'new' : '']),
    notes: () => (hidden > 0 ? [`and ${formatCount(hidden, 'checkpoint')} before these`] : []),
  };
}
