let hasAbandoned = false;

/** Does abandoned work keep the process alive? */
export const hasAbandonedWork = (): boolean => hasAbandoned;

/**
 * Limit the wait for a service's answer: the toolkit waits three minutes for each of five attempts.
 * @param milliseconds after which the work is abandoned, and its result ignored
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
