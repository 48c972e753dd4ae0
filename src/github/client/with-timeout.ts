let hasLeftWork = false;

/** Is there work that was given up, which would keep the process alive? */
export const hasAbandonedWork = (): boolean => hasLeftWork;

/**
 * Wait for a service's answer, but not for ever: the toolkit waits three minutes for each of five attempts.
 * @param milliseconds after which the work is given up; what it still does, it does unheard
 * @throws what the work throws, and if it takes longer
 */
export async function withTimeout<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      hasLeftWork = true;
      reject(new Error(`no answer in ${milliseconds / 1000} s`));
    }, milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
