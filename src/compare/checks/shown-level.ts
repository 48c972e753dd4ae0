import { BUILTIN } from '@shadow-gate/probes/suite';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { gravestOf } from '../../policy/suite-tier.ts';
import { type Level, mildestOf, SEVERITY } from '../finding.ts';
import { exceeds, reaches } from '../pairing/limits.ts';
import type { Report } from '../report.ts';
import type { SuiteRow } from '../rows/benchmarks.ts';
import type { ProbeReport } from '../rows/probes.ts';
import type { AppliedSettings } from '../rows/spectra.ts';
import { isFallShown, isLossExcluded, isOfAllFacts, ruledOut } from '../tests/graded-losses.ts';
import { BESIDE_SLICES } from '../tests/losses.ts';
import { isSliceLost } from '../tests/slices.ts';
import { alphaOfAll } from '../tests/twin-tests.ts';
import { alphaOfLevels } from './level-lost.ts';
import { isForgetting } from './retention.ts';

type Shown = Omit<Report, 'findings' | 'verdict' | 'schema' | 'tool'>;

/** Lower bound of the worst finding's level by the tables alone: a report below it had findings removed. */
export function shownLevel(report: Shown): Level {
  const levels: Level[] = [
    ...report.shadowDeltas.map(({ level }) => level),
    ...levelsOfHalves(report),
    ...(report.applied ? levelsUnder(report.applied.settings, report) : []),
    ...(report.applied?.rules ?? []).map(({ nearest, level }) =>
      nearest !== null && nearest.movement > nearest.limit ? level : 'info',
    ),
  ];
  return SEVERITY.find((level) => levels.includes(level)) ?? 'info';
}

function levelsOfHalves({ tensors, probes, benchmarks, calibration }: Shown): Level[] {
  const isEmpty = tensors.length === 0 && probes === null && benchmarks === null;
  const { sequential, budgetSeconds } = probes ?? {};
  const isOpen = sequential?.settled === null && budgetSeconds === null;
  // Refusing an update of nothing is a remark.
  const isRefused = calibration !== null && calibration.refused !== null && calibration.refused.cause !== 'no-update';
  return isEmpty || isOpen || isRefused ? ['inconclusive'] : [];
}

function levelsUnder(settings: AppliedSettings, report: Shown): Level[] {
  const { baseline, tensors, calibration, probes, suites = [], slices = [] } = report;
  const missing = settings['on-missing-baseline'];
  const isBeyond = calibration?.metrics.some(({ judged }) => judged?.outcome === 'beyond');
  return [
    ...(baseline === null && missing !== 'pass' ? [missing] : []),
    // Explained by NaN, or by nothing.
    ...(tensors.some(({ status }) => status === 'notFinite')
      ? [mildestOf(settings['non-finite'].level, 'inconclusive')]
      : []),
    ...(isBeyond ? [settings.calibration.level] : []),
    ...(baseline !== null && probes !== null ? levelsOfAnswers({ ...settings, probes: [] }, probes, report) : []),
    ...suites.map((row) => levelOfSuite(row, settings)),
    // With too few facts in all, no slice is reported.
    ...slices.filter(isSliceLost).map((row) => mildestOf(settings['twin-accuracy'].level, row.level, 'inconclusive')),
  ];
}

/** A required suite that was not judged fails. With a bound beyond every limit, a loss may be reported instead. */
function levelOfSuite({ level, required, isJudged, change, limit }: SuiteRow, settings: AppliedSettings): Level {
  if (!required) return 'info';
  if (!isJudged) return level;
  const least = Math.max(limit, settings['twin-accuracy'].margin);
  const isOpen = change !== null && (change.lower === null || change.lower <= -least);
  return isOpen ? mildestOf(level, 'warn') : 'info';
}

/** With too few facts, nothing else is concluded. */
function levelsOfAnswers(
  settings: ProbePolicy,
  { comparison, suites: asked }: ProbeReport,
  { suites = [], slices }: Shown,
): Level[] {
  const { rows, retention, levels, losses, graded, kinds } = comparison;
  const { level, 'capability-drop': partDrop } = settings['twin-accuracy'];
  const own = suites.filter(({ suite }) => asked.some(({ name }) => name === suite));
  // Twins of another suite do not decide the pool.
  const benchmarks = own.filter((row) => !kinds.some(({ group }) => group === row.suite));
  const pooled = gravestOf(benchmarks.map((row) => row.level));
  const levelOf = (suite: string | null) =>
    suite === null ? pooled : (own.find((row) => row.suite === suite)?.level ?? 'fail');
  const limitOfSuite = (suite: string | null) => own.find((row) => row.suite === suite)?.limit ?? 0;
  const [first, ...others] = own.filter((row) => row.level === pooled);
  const isAlone = first !== undefined && others.length === 0;
  const drop = Math.max(settings['twin-accuracy'].drop, isAlone ? first.limit : 0);
  const change = rows[0]?.twinChange ?? null;
  const alpha =
    alphaOfAll(settings, { both: losses.some(({ form }) => form === 'both') }) *
    (slices === undefined ? 1 : BESIDE_SLICES);
  const isTwinLoss = change !== null && change.p < alpha && exceeds(-change.value, drop);
  const isLevelLost = levels.some(
    ({ reached, p }) => p !== null && p < alphaOfLevels(settings) && reached.candidate < (reached.baseline ?? 0),
  );
  // The largest limit, whichever check reports.
  const limitOf = ({ form, suite }: (typeof losses)[number]) =>
    form === 'both' ? drop : Math.max(drop, partDrop, limitOfSuite(suite));
  const lost = losses.filter((loss) => loss.p < loss.alpha && reaches(-loss.change, limitOf(loss)));
  const shown: Level[] = [
    ...(isTwinLoss ? [mildestOf(level, pooled)] : []),
    ...(isLevelLost ? [mildestOf(level, levelOf(BUILTIN))] : []),
    ...lost.map(({ suite }) => mildestOf(level, settings.retention.level, levelOf(suite))),
    ...(retention !== null && isForgetting(retention, settings) ? [mildestOf(settings.retention.level, pooled)] : []),
    ...(isGainOfOneForm(settings, comparison)
      ? kinds.map(({ suite }) => mildestOf(settings['shadow-delta'].level, 'warn', levelOf(suite)))
      : []),
  ];
  // Losses that graded outcomes rule out warn at least.
  const whole = graded.find(isOfAllFacts);
  const least = whole !== undefined && isLossExcluded(whole, ruledOut('all', settings)) ? 'warn' : 'inconclusive';
  const fallen = graded.filter((row) => isFallShown(row, settings));
  const { level: likelihood } = settings['answer-likelihood'];
  return [
    ...shown.map((one) => mildestOf(one, least)),
    ...fallen.map(({ suite }) => mildestOf(likelihood, 'warn', levelOf(suite))),
  ];
}

/** A single deciding kind has the interval of its row; those of several are wider. */
function isGainOfOneForm({ 'shadow-delta': rule }: ProbePolicy, { kinds }: ProbeReport['comparison']): boolean {
  const [only, other] = kinds.filter(({ role }) => role === 'decides' || role === 'only-format');
  if (!only?.delta || !only.transfer || other !== undefined || only.delta.lower === null) return false;
  const { delta, transfer } = only;
  return only.delta.lower > 0 && delta.value > rule.margin && transfer.value < rule['transfer-fail'];
}
