let hasAbandoned = false;

export const hasAbandonedWork = (): boolean => hasAbandoned;

/** The toolkit itself waits three minutes for each of five attempts. @throws if the work throws or takes longer */
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
