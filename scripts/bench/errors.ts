// Errors of the spectra of `npm run bench:spectra`, and how wide their bounds are.

/** Relative errors of σ₁ and of the energy of the top 1%, and the largest error of any σ if all are known. */
export function errors({ values, metrics }, { values: truth }) {
  const energy = sumOfSquares(truth);
  const count = Math.ceil(truth.length / 100);
  const top = (sigma) => sumOfSquares(sigma.subarray(0, count)) / energy;
  // Exact values are taken from σ, not from the rounded metrics; fast ones are midway between their bounds.
  const [sigma1, topEnergy] =
    values.length > 0
      ? [values[0], values.length < count ? null : top(values)]
      : [metrics.spectralNorm.value, metrics.topEnergy['1%'].value];
  const worst =
    values.length === truth.length
      ? Math.max(...truth.map((sigma, i) => Math.abs(sigma - values[i]) / truth[0])).toExponential(1)
      : '';
  const off = (value, right) => (value === null ? '' : Math.abs(value / right - 1).toExponential(1));
  return [off(sigma1, truth[0]), off(topEnergy, top(truth)), worst];
}

/** The relative width of each metric's bounds, and whether the truth, if it is known, lies between them. */
export function widths(metrics, sigma) {
  const truths = sigma && truthsOf(sigma);
  return Object.entries(boundsOf(metrics))
    .map(([name, { value, low, high }]) => {
      const truth = truths?.[name] ?? value;
      const slack = 1e-9 * truth;
      const isTrue = low - slack <= truth && truth <= high + slack;
      return `${name} ${((high - low) / value).toExponential(0)}${isTrue ? '' : ' !'}`;
    })
    .join(', ');
}

/** All that a fast spectrum bounds. */
export function boundsOf(metrics) {
  const named = {
    spectralNorm: metrics.spectralNorm,
    stableRank: metrics.stableRank,
    'top 1': metrics.topEnergy['1'],
    'top 8': metrics.topEnergy['8'],
    'top 1%': metrics.topEnergy['1%'],
    'top 5%': metrics.topEnergy['5%'],
    participationRatio: metrics.participationRatio,
    effectiveRank: metrics.effectiveRank,
  };
  // A small matrix is measured exactly whatever the method.
  const asBounds = (measured) =>
    typeof measured === 'number' ? { value: measured, low: measured, high: measured } : measured;
  return Object.fromEntries(Object.entries(named).map(([name, measured]) => [name, asBounds(measured)]));
}

/** The same, from all singular values, largest first. */
export function truthsOf(sigma) {
  const energies = sigma.map((value) => (value / sigma[0]) ** 2);
  const total = energies.reduce((sum, value) => sum + value, 0);
  const square = energies.reduce((sum, value) => sum + value * value, 0);
  const entropy = -energies.reduce(
    (sum, value) => sum + (value > 0 ? (value / total) * Math.log(value / total) : 0),
    0,
  );
  const top = (k) => energies.slice(0, Math.ceil(k)).reduce((sum, value) => sum + value, 0) / total;
  return {
    spectralNorm: sigma[0],
    stableRank: total,
    'top 1': top(1),
    'top 8': top(8),
    'top 1%': top(sigma.length / 100),
    'top 5%': top(sigma.length / 20),
    participationRatio: (total * total) / square,
    effectiveRank: Math.exp(entropy),
  };
}

function sumOfSquares(values) {
  return values.reduce((sum, value) => sum + value * value, 0);
}
