import { given } from '@shadow-gate/platform';
import { areLevelsChosen, type Suite } from '../suite.ts';
import type { SuiteMeasurement } from './schema.ts';

export function measuredSuite(suite: Suite): SuiteMeasurement {
  const { name, version, digest, seed, size, facts, twinsOf, role, chatTemplate, sampling, source } = suite;
  const { texts, levels } = suite;
  const own = { name, version, digest, seed, items: size };
  const asked = levels && areLevelsChosen(levels) ? levels : undefined;
  return {
    ...own,
    ...given({ facts, twinsOf, role, chatTemplate, sampling, source }),
    ...(texts === undefined ? {} : texts.kept ? { textKey: texts.key } : { texts: 'hashed' }),
    ...given({ levels: asked?.map((level) => ({ ...level, asked: [...level.asked] })) }),
  };
}
