import type { ProbePolicy } from '../policy/probe-policy.ts';
import type { AppliedSettings } from './applied-policy.ts';
import { alphaOfLevels } from './checks/level-lost.ts';
import { isForgetting } from './checks/retention.ts';
import { type Level, mildestOf, SEVERITY } from './finding.ts';
import { isFallShown, isLossExcluded, isOfAllFacts, ruledOut } from './probes/graded-losses.ts';
import { alphaOfAll } from './probes/twin-tests.ts';
import type { ProbeReport, Report } from './report.ts';

type Shown = Omit<Report, 'findings' | 'verdict' | 'schema' | 'tool'>;

/**
 * The least grave level that the worst finding of a report can have, by what its own tables and tests show: with less, findings were
 * taken out of it. This is no second judgment, and looks at nothing that a table does not have.
 */
export function shownLevel(report: Shown): Level {
  const levels = [
    ...report.shadowDeltas.map(({ level }) => level),
    ...levelsOfHalves(report),
    ...(report.applied ? levelsUnder(report.applied.settings, report) : []),
    ...(report.applied?.rules ?? []).map(({ nearest, level }) =>
      nearest !== null && nearest.movement > nearest.limit ? level : 'info',
    ),
  ];
  return worstOf(levels);
}

const worstOf = (levels: readonly Level[]): Level => SEVERITY.find((level) => levels.includes(level)) ?? 'info';

function levelsOfHalves({ tensors, probes, benchmarks, calibration }: Shown): Level[] {
  const isEmpty = tensors.length === 0 && probes === null && benchmarks === null;
  const { sequential, budgetSeconds } = probes ?? {};
  const isOpen = sequential?.settled === null && budgetSeconds === null;
  // That of an update of nothing is a remark.
  const isRefused = calibration !== null && calibration.refused !== null && calibration.refused.cause !== 'no-update';
  return isEmpty || isOpen || isRefused ? ['inconclusive'] : [];
}

function levelsUnder(settings: AppliedSettings, { baseline, tensors, calibration, probes }: Shown): Level[] {
  const missing = settings['on-missing-baseline'];
  const isBeyond = calibration?.metrics.some(({ judged }) => judged?.outcome === 'beyond');
  return [
    ...(baseline === null && missing !== 'pass' ? [missing] : []),
    // Explained by NaN, or by nothing.
    ...(tensors.some(({ status }) => status === 'notFinite')
      ? [mildestOf(settings['non-finite'].level, 'inconclusive')]
      : []),
    ...(isBeyond ? [settings.calibration.level] : []),
    ...(baseline !== null && probes !== null ? levelsOfAnswers({ ...settings, probes: [] }, probes) : []),
  ];
}

/** From too few facts nothing is concluded but that they are too few. */
function levelsOfAnswers(settings: ProbePolicy, { comparison }: ProbeReport): Level[] {
  const { rows, retention, levels, losses, graded } = comparison;
  const { level, drop, 'capability-drop': partDrop } = settings['twin-accuracy'];
  const change = rows[0]?.twinChange ?? null;
  const isTwinLoss = change !== null && change.p < alphaOfAll(settings) && -change.value > drop;
  const isLevelLost = levels.some(
    ({ reached, p }) => p !== null && p < alphaOfLevels(settings) && reached.candidate < (reached.baseline ?? 0),
  );
  // The largest is named, by whichever of two checks.
  const limitOf = ({ form }: (typeof losses)[number]) => (form === 'both' ? drop : Math.max(drop, partDrop));
  const isLoss = losses.some((loss) => loss.p < loss.alpha && -loss.change >= limitOf(loss));
  const shown: Level[] = [
    ...(isTwinLoss || isLevelLost ? [level] : []),
    ...(isLoss ? [mildestOf(level, settings.retention.level)] : []),
    ...(retention !== null && isForgetting(retention, settings) ? [settings.retention.level] : []),
    ...(isGainOfOneForm(settings, comparison) ? [mildestOf(settings['shadow-delta'].level, 'warn')] : []),
  ];
  // What the graded outcomes of the same answers rule out is a warning at least.
  const whole = graded.find(isOfAllFacts);
  const least = whole !== undefined && isLossExcluded(whole, ruledOut('all', settings)) ? 'warn' : 'inconclusive';
  const isFallen = graded.some((row) => isFallShown(row, settings));
  const { level: likelihood } = settings['answer-likelihood'];
  return [...shown.map((own) => mildestOf(own, least)), ...(isFallen ? [mildestOf(likelihood, 'warn')] : [])];
}

/** One kind of twin that decides alone has the interval that its row shows; those of several are wider. */
function isGainOfOneForm({ 'shadow-delta': rule }: ProbePolicy, { kinds }: ProbeReport['comparison']): boolean {
  const [only, other] = kinds.filter(({ role }) => role === 'decides' || role === 'only-format');
  if (!only?.delta || !only.transfer || other !== undefined || only.delta.lower === null) return false;
  const { delta, transfer } = only;
  return only.delta.lower > 0 && delta.value > rule.margin && transfer.value < rule['transfer-fail'];
}
