import type { FindingOf, Scope } from '../../compare/finding.ts';
import { MIN_SNR } from '../../spectra/rounding.ts';
import { isRelative, metricPart, ofName } from '../text/metric-names.ts';
import {
  formatCount,
  formatDifference,
  formatInteger,
  formatLimit,
  formatNumber,
  formatPair,
  formatPercent,
  formatPercentLimit,
  formatRelative,
} from '../text/numbers.ts';
import { code, listed, name, type Phrase, phrase, prose, term } from '../text/phrase.ts';

export function metricMoved({ metric, of, scope, candidate, baseline, limit }: FindingOf<'metric-moved'>): Phrase {
  const [before, after] = formatPair(baseline, candidate);
  const change = candidate - baseline;
  const shown = isRelative(metric)
    ? formatRelative(baseline === 0 ? null : change / Math.abs(baseline))
    : formatDifference(change);
  const moved = shown === '' ? '' : `${shown}; `;
  const verb = candidate > baseline ? 'rose' : 'fell';
  const subject = phrase`${metricPart(metric, { capitalized: true })} of ${ofName(of)}${scopeWords(scope)}`;
  return phrase`${subject} ${verb} from ${before} to ${after} (${moved}limit ${limitWords(limit)}).`;
}

function scopeWords(scope: Scope): Phrase {
  return scope.kind === 'model' ? [] : phrase` in ${name(scope.name)}`;
}

/** `+8%`: how far a metric may move, and in which direction. */
export function limitWords({ absolute, relative, direction }: FindingOf<'metric-moved'>['limit']): string {
  const sign = direction === 'up' ? '+' : direction === 'down' ? '−' : '±';
  const parts = [
    ...(relative === null ? [] : [`${sign}${formatPercentLimit(relative)}`]),
    ...(absolute === null ? [] : [`${sign}${formatLimit(absolute)}`]),
  ];
  return parts.join(' or ');
}

export function boundsTooWide({
  metric,
  of,
  scope,
  side,
  width,
  limit,
  isScreened,
}: FindingOf<'bounds-too-wide'>): Phrase {
  const subject = phrase`${metricPart(metric, { capitalized: true })} of ${ofName(of)}${scopeWords(scope)}`;
  if (isScreened) {
    return phrase`${subject} cannot be judged: the ${side} was ${term('screened', 'screening')}, which leaves bounds that are ${formatPercent(width)} wide. Measure its spectra in full.`;
  }
  return phrase`${subject} cannot be judged: the bounds of the ${side} are ${formatPercent(width)} wide, and the limit is ${formatPercentLimit(limit)}. Measure it with ${code('--method exact')}.`;
}

export function idleRule({ metric, of, modules, cause, isDefault }: FindingOf<'idle-rule'>): Phrase {
  const where =
    modules === null ? [] : phrase` in ${modules.flatMap((module, i) => [i === 0 ? '' : ', ', name(module)])}`;
  const rule = phrase`The ${isDefault ? 'default' : 'policy'} rule on ${metricPart(metric)} of ${ofName(of)}${where}`;
  if (cause.kind === 'nothing') {
    return phrase`${rule} had nothing to judge: candidate and baseline do not both have this metric.`;
  }
  const value = formatNumber(cause.baseline);
  return phrase`${rule} is idle: the baseline's ${value} is too close to the ${cause.side} possible value, ${formatNumber(cause.bound)}, to move beyond the limit.`;
}

export function spike({ tensor, group, candidate, baseline, evidence }: FindingOf<'spike'>): Phrase {
  const was = baseline === null ? '' : ` (baseline ${formatNumber(baseline)})`;
  const subject = phrase`${metricPart('topEnergy.1', { capitalized: true })} of ${name(tensor)} is ${formatNumber(candidate)}${was}`;
  if (evidence.test === 'odds') {
    return phrase`${subject}: ${formatNumber(evidence.oddsRatio)} times the baseline's odds (limit ${formatLimit(evidence.limit)}).`;
  }
  const what = evidence.test === 'rise' ? 'its rise has a robust z-score of' : 'a robust z-score of';
  return phrase`${subject}: ${what} ${formatNumber(evidence.robustZ)} among the ${name(group)} matrices (limit ${formatLimit(evidence.limit)}).`;
}

export function groupSpike({ group, candidate, baseline, oddsRatio, limit }: FindingOf<'group-spike'>): Phrase {
  return phrase`Median ${metricPart('topEnergy.1')} of the ${name(group)} matrices is ${formatNumber(candidate)} (baseline ${formatNumber(baseline)}): ${formatNumber(oddsRatio)} times the baseline's odds (limit ${formatLimit(limit)}).`;
}

export function rankLoss({ tensor, candidate, baseline }: FindingOf<'rank-loss'>): Phrase {
  if (baseline === null || candidate === 0) return phrase`All weights of ${name(tensor)} are zero.`;
  const had = phrase`the baseline had ${formatCount(baseline, 'direction')} above 1% of the largest singular value`;
  return phrase`${name(tensor)} lost ${term('rank', 'rank')}: ${had}, and ${formatCount(candidate, 'direction is', 'directions are')} left.`;
}

export function rankNotChecked({ cause, example, matrices }: FindingOf<'rank-not-checked'>): Phrase {
  const what = phrase`Rank loss was not checked for ${formatCount(matrices, 'matrix', 'matrices')}`;
  if (cause === 'format') {
    return phrase`Rank loss was checked in part for ${formatCount(matrices, 'matrix', 'matrices')} (e.g. ${name(example)}): the rounding of a quantized format is above 1% of the largest singular value, and hides weaker directions.`;
  }
  return cause === 'fast'
    ? phrase`${what} measured with ${code('--method fast')} (e.g. ${name(example)}); use ${code('--method exact')}.`
    : phrase`${what} (e.g. ${name(example)}): a measurement by an older version does not have what it needs. Measure the baseline again.`;
}

export function zeroRows({ tensor, candidate, baseline, rows }: FindingOf<'zero-rows'>): Phrase {
  return phrase`${formatInteger(candidate)} of the ${formatInteger(rows)} rows of ${name(tensor)} ${candidate === 1 ? 'is' : 'are'} zero (baseline ${formatInteger(baseline)}). That is not judged: weight decay does it to what no input uses.`;
}

export function nonFinite({ tensor, nan, inf }: FindingOf<'non-finite'>): Phrase {
  const counts = [nan > 0 ? formatCount(nan, 'NaN value') : '', inf > 0 ? formatCount(inf, 'Inf value') : ''];
  return phrase`${name(tensor)} contains ${counts.filter(Boolean).join(' and ')}.`;
}

export function noSpectrum({ tensor, of }: FindingOf<'no-spectrum'>): Phrase {
  return of === 'weight'
    ? phrase`${name(tensor)} has no spectrum: the squares of its values exceed the range of float64.`
    : phrase`The update of ${name(tensor)} has no spectrum: the weight or the reference is not finite.`;
}

export function updateSize({ level, candidate, alignment }: FindingOf<'update-size'>): Phrase {
  const reference = term('reference', 'reference');
  const size = phrase`The update is ${formatNumber(candidate)} times as large as the ${reference}`;
  if (alignment === null) {
    return level === 'info'
      ? phrase`${size}.`
      : phrase`${size}, and its weights could not be compared with it: check that the candidate was trained from it.`;
  }
  const cosine = phrase`cosine ${formatNumber(alignment.cosine)}, by chance up to ${formatNumber(alignment.chance)}`;
  return level === 'info'
    ? phrase`${size}, as after training from scratch: the weights still point where they started (${cosine}).`
    : phrase`${size}, and the weights point elsewhere (${cosine}): the reference is not the model that the candidate was trained from.`;
}

export function nothingTrained({ against, matrices, isAdapter, isIdentical }: FindingOf<'nothing-trained'>): Phrase {
  const other = term(against, against);
  if (isIdentical && against === 'baseline')
    return phrase`The candidate has the weights of the ${other}: not a byte of them differs.`;
  if (isIdentical) return phrase`Nothing was trained: the candidate is the ${other} itself.`;
  if (isAdapter && against === 'reference') {
    return phrase`Nothing was trained: the adapter changes none of its ${formatCount(matrices, 'matrix', 'matrices')}.`;
  }
  return phrase`Nothing was trained: no matrix differs from the ${other} (${formatInteger(matrices)} compared). Only norms, biases or the configuration can.`;
}

export function onlyHeadTrained({ against, named, matrices, unchanged }: FindingOf<'only-head-trained'>): Phrase {
  const items = named.map((tensor) => phrase`${name(tensor)}`);
  const rest = formatCount(unchanged, 'other matrix is', 'other matrices are');
  return phrase`Only the head was trained: ${listed(items, matrices)}. ${rest} as in the ${term(against, against)}.`;
}

export function quantizationError(finding: FindingOf<'quantization-error'>): Phrase {
  const { formats, error, named, modules, notCompared } = finding;
  const where = named.map(({ module, error: own }) => phrase`${name(module)} ${formatPercent(own)}`);
  const stored = listed(
    formats.map((format) => phrase`${name(format)}`),
    formats.length,
  );
  const rest =
    notCompared === 0
      ? ''
      : ` ${formatCount(notCompared, 'quantized matrix was', 'quantized matrices were')} not compared.`;
  return phrase`Quantizing (${stored}) moved the weights by ${formatPercent(error)} of their norm: ${listed(where, modules)}.${rest}`;
}

export function referenceRounding({ effect, formats, matrices, all }: FindingOf<'reference-rounding'>): Phrase {
  const subject = phrase`The update of ${formatInteger(matrices)} of ${formatCount(all, 'matrix', 'matrices')} from quantized weights`;
  const named = formats.map((format) => phrase`${name(format)}`);
  const of = named.length === 0 ? phrase`a quantized format` : listed(named, named.length);
  const rounding = phrase`the rounding of the ${term('reference', 'reference')}, which is stored in ${of}`;
  return effect === 'exact'
    ? phrase`${subject} is smaller than ${rounding}. It is measured: it starts from the quantized numbers themselves.`
    : phrase`${subject} cannot be told from ${rounding} (snr < ${String(MIN_SNR)}): not judged.`;
}

export function ratioMissing({ level, side, cause, isReplaced }: FindingOf<'ratio-missing'>): Phrase {
  const fact = phrase`The ${side} has no ${metricPart('mlpAttentionRatio')}: ${ratioCause(cause)}.`;
  if (isReplaced) return phrase`${fact} The rules for low-rank updates judge it instead.`;
  return level === 'inconclusive'
    ? phrase`${fact} See "LoRA" in docs/policy.md for rules that judge such updates.`
    : fact;
}

function ratioCause(cause: FindingOf<'ratio-missing'>['cause']): string {
  if (cause.kind === 'saturated') return 'the update fits into 5% of the directions, as a low-rank update does';
  const missing = [cause.mlp ? 'MLP' : '', cause.attention ? 'attention' : ''].filter(Boolean).join(' or ');
  const noise =
    cause.belowNoise > 0
      ? ` (${formatCount(cause.belowNoise, 'matrix is', 'matrices are')} below the rounding noise of the dtype, snr < ${MIN_SNR})`
      : '';
  return `no ${missing} matrix has a measurable update${noise}`;
}

export function mostlySkipped({ unit, skipped, measured }: FindingOf<'mostly-skipped'>): Phrase {
  if (unit === 'parameters') {
    return phrase`Most of the checkpoint was not measured: ${formatCount(skipped, 'parameter was', 'parameters were')} skipped, ${formatInteger(measured)} measured.`;
  }
  return phrase`Most of the checkpoint was not measured: ${formatCount(skipped, 'tensor was', 'tensors were')} skipped, ${formatCount(measured, 'spectrum', 'spectra')} measured.`;
}

export function skipped({ named, tensors }: FindingOf<'skipped'>): Phrase {
  const items = named.map((tensor) => phrase`${name(tensor.name)} (${prose(tensor.reason)})`);
  return phrase`${formatCount(tensors, 'tensor was', 'tensors were')} not measured: ${listed(items, tensors)}.`;
}
