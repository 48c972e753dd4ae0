let hasAbandoned = false;

/** Has work been abandoned that would keep the process alive? */
export const hasAbandonedWork = (): boolean => hasAbandoned;

/**
 * Wait for a service's answer, but not forever: the toolkit waits three minutes for each of five attempts.
 * @param milliseconds after which the work is abandoned; its result is ignored then
 * @throws what the work throws, and if it takes longer
 */
export async function withTimeout<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      hasAbandoned = true;
      reject(new Error(`no answer within ${milliseconds / 1000} s`));
    }, milliseconds);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
