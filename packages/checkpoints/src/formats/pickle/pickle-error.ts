/** Why a pickle is not read, as a sentence about it; the file is named by those who open it. */
export class PickleError extends Error {
  override readonly name = 'PickleError';
  /** The pickle goes on behind the bytes that are known. */
  readonly isCutOff: boolean;

  constructor(what: string, { isCutOff = false }: { readonly isCutOff?: boolean } = {}) {
    super(what);
    this.isCutOff = isCutOff;
  }
}
