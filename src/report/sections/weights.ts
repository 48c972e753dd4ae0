/** Sections of a comment that is too long are left out in this order. */
const LIGHTEST_FIRST = [
  'unmeasured',
  'matrices of W',
  'matrices of ΔW',
  'medians',
  'notes',
  'families',
  'evidence',
  'flips',
  'example',
  'findings',
  'calibration',
  'comparison',
  'spectra',
  'pictures',
  'answers',
  'links',
  'steps',
  'deciding',
  'sentence',
] as const;

export const weightOf = (section: (typeof LIGHTEST_FIRST)[number]): number => LIGHTEST_FIRST.indexOf(section);
