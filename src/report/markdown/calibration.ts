import type { CalibrationRun } from '../../compare/calibration/index.ts';
import type { Table } from '../document/block.ts';
import { codeName } from '../escape.ts';
import { drawMarkdown } from '../render/markdown/draw.ts';
import { linkDefinitions } from '../render/markdown/phrase.ts';
import { limitTable } from '../sections/calibration-limits.ts';
import { howItChanges, knownGoodCount, type Replaced, runsWithout } from '../text/calibration.ts';
import { formatCount, formatNumber } from '../text/numbers.ts';
import { name } from '../text/phrase.ts';
import { ofKey, type ProposalOptions, type ProposalText } from './proposal.ts';

/** A calibration and its predecessor. */
export interface CalibrationChange extends Replaced {
  readonly path: string;
  /** Rate of false alarms, claimed only with enough exchangeable runs. */
  readonly alpha: number;
}

/** A screenful; the file has all runs. */
const MAX_RUNS = 40;

/** The step summary. @param docs address of the documentation, without a slash at the end */
export function calibrationSummary(change: CalibrationChange, docs: string): string {
  const what = `${codeName(change.path)}: ${howItChanges(change)}.`;
  return withLinks(['## Shadow Gate: calibration', what, ...tables(change)], docs);
}

/** Title and body of a pull request that proposes a calibration alone. */
export function describeCalibrationProposal(
  change: CalibrationChange,
  { key, run, commit, docs }: Pick<ProposalOptions, 'key' | 'run' | 'commit'> & { readonly docs: string },
): ProposalText {
  const { after, path } = change;
  const body = [
    `Merging this sets the limits for later updates by ${codeName(path)}: ${howItChanges(change)}. It was made at commit ${commit}.`,
    `[The run](${run}) only proposes it; merging is your decision: a checkpoint that is not good widens the limits.`,
    ...tables(change),
  ];
  return {
    title: `Shadow Gate: calibration${ofKey(key)} with ${knownGoodCount(after.runs.length, after.kind)}`,
    body: withLinks(body, docs),
  };
}

function withLinks(parts: readonly string[], docs: string): string {
  const text = parts.filter((part) => part !== '').join('\n\n');
  const definitions = linkDefinitions(text, docs);
  return definitions === '' ? text : `${text}\n\n${definitions}`;
}

function tables({ before, after, alpha }: CalibrationChange): string[] {
  const { table, note } = limitTable(after, alpha);
  const fresh = new Set(runsWithout(after.runs, before?.runs ?? []));
  return [drawMarkdown(runTable(after.runs, fresh)), drawMarkdown(table), note];
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
