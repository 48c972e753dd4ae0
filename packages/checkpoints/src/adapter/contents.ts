import type { Adapter } from './adapter.ts';

/** What the reader of a format finds in the folder of an adapter. */
export interface AdapterContents extends Pick<Adapter, 'modules' | 'saved' | 'tensors'> {
  /** Name or path of the base model. */
  readonly base: string | null;
}
