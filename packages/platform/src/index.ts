export { at } from './at.ts';
export { given } from './given.ts';
export { groupBy } from './group-by.ts';
export { isSignedWith, publicKeyDigest } from './public-key.ts';
export { Semaphore } from './semaphore.ts';
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
export { capitalize, similarWord, words } from './words.ts';
