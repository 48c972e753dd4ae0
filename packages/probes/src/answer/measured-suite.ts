import { areLevelsChosen, type Suite } from '../suite.ts';
import type { SuiteMeasurement } from './schema.ts';

/** What a measurement has of a suite: its identity, and how it was asked. */
export function measuredSuite({
  name,
  version,
  digest,
  seed,
  size,
  facts,
  twinsOf,
  role,
  chatTemplate,
  sampling,
  source,
  texts,
  levels,
}: Suite): SuiteMeasurement {
  return {
    name,
    version,
    digest,
    seed,
    items: size,
    ...(facts === undefined ? {} : { facts }),
    ...(twinsOf === undefined ? {} : { twinsOf }),
    ...(role === undefined ? {} : { role }),
    ...(chatTemplate === undefined ? {} : { chatTemplate }),
    ...(sampling === undefined ? {} : { sampling }),
    ...(source === undefined ? {} : { source }),
    ...(texts === undefined ? {} : texts.kept ? { textKey: texts.key } : { texts: 'hashed' }),
    ...(levels && areLevelsChosen(levels)
      ? { levels: levels.map((level) => ({ ...level, asked: [...level.asked] })) }
      : {}),
  };
}
