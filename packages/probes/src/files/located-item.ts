import type { Form, ProbeItem, TwinKind, Wording } from '../item.ts';
import type { Permutation } from './choice-twins.ts';
import { type ChoiceRecord, passageOf } from './records.ts';

/** An item, and its line in the file. */
export interface LocatedItem {
  readonly where: string;
  readonly item: ProbeItem;
}

/** The part of an item in its fact. */
interface Part {
  readonly form: Form;
  readonly kind?: TwinKind;
  readonly cluster: string;
}

type Identity = Pick<ChoiceRecord, 'id' | 'where' | 'capability' | 'family' | 'passage'>;

/** A form of the fact that a record asks for. The form of the exam has the id of the record. */
export function toItem(
  { id, where, capability, family, passage }: Identity,
  part: Part,
  { prompt, question, verbatim, oldLabel, oldLabels }: Wording & Partial<Permutation>,
): LocatedItem {
  const { form, kind, cluster } = part;
  const item: ProbeItem = {
    id: cluster === 'exam' ? id : `${id}.${cluster}`,
    capability,
    family,
    form,
    ...(kind === undefined ? {} : { kind }),
    fact: id,
    cluster,
    ...passageOf({ passage }),
    ...(oldLabel === undefined ? {} : { oldLabel }),
    ...(oldLabels === undefined ? {} : { oldLabels }),
    prompt,
    question,
    ...(verbatim === undefined ? {} : { verbatim }),
  };
  return { where, item };
}
