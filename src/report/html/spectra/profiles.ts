import { wholeMatrix } from '@shadow-gate/checkpoints/tensors';
import type { TensorMeasurement } from '../../../measure/schema/index.ts';
import { mostOf } from '../../../statistics/index.ts';
import { ofName } from '../../text/metric-names.ts';
import { ESTIMATED_WORDS, nullWords, POINTS_WORDS, PROFILE_CAPTION } from '../../text/spectra.ts';
import { type Html, html } from '../html.ts';
import { type ComparedMatrix, matrixDisplayName } from './matrices.ts';
import type { TableRow } from './matrix-table.ts';
import { lastRank, nullPoints, profilePoints } from './profile.ts';
import { type Curve, curvePath, profileChart, profileFrame } from './profile-chart.ts';

/** Charts that are there without the script, in addition to the one that it changes. */
const STATIC_CHARTS = 5;

interface Profiles {
  /** In the order of the matrices. */
  readonly rows: readonly TableRow[];
  /** A chart with a list of all matrices, and more charts below; null where no matrix has a profile. */
  readonly body: Html | null;
}

/** σ-profiles of the matrices, of which the first are drawn. */
export function drawProfiles(matrices: readonly ComparedMatrix[]): Profiles {
  const drawn = matrices.map((matrix) => ({
    matrix,
    candidate: profilePoints(matrix.candidate),
    baseline: matrix.baseline ? profilePoints({ ...placeOf(matrix.candidate), ...matrix.baseline }) : [],
  }));
  const profiled = drawn.filter(({ candidate }) => candidate.length > 0);
  const frame = profileFrame(
    mostOf(profiled.map(({ matrix }) => lastRank(matrix.candidate))),
    profiled.flatMap(({ candidate, baseline }) => [candidate, baseline]),
  );
  const shapes = new Map<string, number>();
  const randoms: string[] = [];
  const randomOf = ({ candidate }: ComparedMatrix): number => {
    const key = JSON.stringify([[...wholeMatrix(candidate.shape).shape].sort((a, b) => a - b), candidate.loraRank]);
    const known = shapes.get(key);
    if (known !== undefined) return known;
    shapes.set(key, randoms.length);
    return randoms.push(curvePath(nullPoints(candidate), frame)) - 1;
  };
  const rows = drawn.map(
    ({ matrix, candidate, baseline }): TableRow => ({
      matrix,
      paths: { candidate: curvePath(candidate, frame), baseline: curvePath(baseline, frame) },
      random: candidate.length === 0 ? null : randomOf(matrix),
    }),
  );
  const shown = rows.filter(({ random }) => random !== null);
  const [first, ...others] = shown;
  if (first === undefined) return { rows, body: null };
  const curvesOf = ({ paths, random }: TableRow): Curve[] => [
    { kind: 'random', path: randoms[random ?? 0] ?? '' },
    { kind: 'baseline', path: paths.baseline },
    { kind: 'candidate', path: paths.candidate },
  ];
  const switched: Curve[] = [
    ...randoms.map((path, i): Curve => ({ kind: 'random', path, isHidden: i !== first.random })),
    ...curvesOf(first).slice(1),
  ];
  const label = 'σ-profile of the matrix named above the chart: candidate, baseline and random';
  const rest = others
    .slice(0, STATIC_CHARTS)
    .map((row) => html`<div>${title(row.matrix)}${profileChart(curvesOf(row), frame, label)}</div>\n`);
  const more =
    rest.length === 0
      ? null
      : html`<details><summary>The next ${rest.length === 1 ? 'matrix' : `${rest.length} matrices`}</summary><div class="profiles">${rest}</div></details>`;
  const all = matrices.map(({ candidate }) => candidate);
  return {
    rows,
    body: html`<div class="beside"><div class="profile" id="profile">${picker(rows)}${title(first.matrix)}${profileChart(switched, frame, label)}${keys(matrices.some(({ baseline }) => baseline !== null))}</div><p class="note">${captionOf(all)}</p></div>${more}`,
  };
}

const placeOf = ({ shape, loraRank }: TensorMeasurement) => ({
  shape,
  ...(loraRank === undefined ? {} : { loraRank }),
});

function title(matrix: ComparedMatrix): Html {
  return html`<h4>${ofName(matrix.candidate.of)} of <code>${matrixDisplayName(matrix)}</code></h4>`;
}

/** Only with the script. */
function picker(rows: readonly TableRow[]): Html {
  const options = (of: TensorMeasurement['of']) =>
    rows.flatMap(({ matrix, random }, i) =>
      matrix.candidate.of === of && random !== null
        ? [html`<option value="${i}">${matrixDisplayName(matrix)}</option>`]
        : [],
    );
  const groups = (['delta', 'weight'] as const).flatMap((of) => {
    const own = options(of);
    return own.length === 0 ? [] : [html`<optgroup label="${ofName(of)}">${own}</optgroup>`];
  });
  return html`<p class="with-script"><label>Matrix, largest change first <select data-pick>${groups}</select></label></p>`;
}

function keys(hasBaseline: boolean): Html {
  const kinds = ['candidate', ...(hasBaseline ? ['baseline'] : []), 'random'];
  const items = kinds.map(
    (kind) =>
      html`<span class="curve-key"><svg width="30" height="10" aria-hidden="true"><path class="curve ${kind}" d="M0,5H30"/></svg>${kind}</span>`,
  );
  return html`<p class="curve-keys">${items}</p>`;
}

function captionOf(tensors: readonly TensorMeasurement[]): string {
  const hasLowRank = tensors.some(({ loraRank }) => loraRank !== undefined);
  const hasDense = tensors.some(({ loraRank }) => loraRank === undefined);
  const isEstimated = tensors.some(({ method }) => method === 'fast');
  return [
    PROFILE_CAPTION,
    nullWords({ hasDense, hasLowRank }),
    POINTS_WORDS,
    ...(isEstimated ? [ESTIMATED_WORDS] : []),
  ].join(' ');
}
