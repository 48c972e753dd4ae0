type KeysOf<T, Optional extends boolean> = {
  [K in keyof T]-?: undefined extends T[K] ? (Optional extends true ? K : never) : Optional extends true ? never : K;
}[keyof T];

/** The same keys, those that may be undefined optional. */
export type Given<T> = Pick<T, KeysOf<T, false>> & { [K in KeysOf<T, true>]?: Exclude<T[K], undefined> };

/** The members that are not undefined: an optional key is there with a value, or is not there. */
export function given<T extends object>(members: T): Given<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Given<T>;
}
