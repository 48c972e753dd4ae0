export { at } from './at.ts';
export { capitalize } from './capitalize.ts';
export { given } from './given.ts';
export { groupBy } from './group-by.ts';
export { isSignedWith, publicKeyDigest } from './public-key.ts';
export { Semaphore } from './semaphore.ts';
export { similarWord } from './similar-word.ts';
export {
  type DescribedError,
  describeError,
  ERROR_CODES,
  type ErrorCode,
  isOutOfMemory,
  UserError,
  withErrorCode,
} from './user-error.ts';
export { ACTION, DOCS_URL, HOME_URL, release, VERSION } from './version.ts';
export { words } from './words.ts';
