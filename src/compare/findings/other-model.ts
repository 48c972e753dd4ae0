import { foreign } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { invalidComparison } from './flat-form.ts';

export const otherModelFindings = [
  defineFinding('other-version', {
    fields: { candidate: foreign, baseline: foreign },
    reason: ({ candidate, baseline }) =>
      invalidComparison('tool version', { place: 'measurement', candidate, baseline }),
  }),
  defineFinding('other-architecture', {
    fields: { key: foreign, candidate: foreign, baseline: foreign },
    reason: ({ key, candidate, baseline }) => invalidComparison('architecture', { place: key, candidate, baseline }),
  }),
] as const;
