type KeysOf<T, Optional extends boolean> = {
  [K in keyof T]-?: undefined extends T[K] ? (Optional extends true ? K : never) : Optional extends true ? never : K;
}[keyof T];

/** The members with those that may be undefined as optional ones. */
export type Given<T> = Pick<T, KeysOf<T, false>> & { [K in KeysOf<T, true>]?: Exclude<T[K], undefined> };

/** The members without those that are undefined. */
export function given<T extends object>(members: T): Given<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Given<T>;
}
