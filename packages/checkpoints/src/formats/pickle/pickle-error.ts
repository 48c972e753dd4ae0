/** Why a pickle is not read, as a sentence about it. Those who open the file add its name. */
export class PickleError extends Error {
  override readonly name = 'PickleError';
  /** Whether the pickle continues after the known bytes. */
  readonly isCutOff: boolean;

  constructor(what: string, { isCutOff = false }: { readonly isCutOff?: boolean } = {}) {
    super(what);
    this.isCutOff = isCutOff;
  }
}
