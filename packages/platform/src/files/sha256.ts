import { createHash } from 'node:crypto';

export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** @param onBytes receives the length of each chunk */
export async function sha256Stream(
  stream: AsyncIterable<Buffer>,
  onBytes: (bytes: number) => void = () => {},
): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of stream) {
    hash.update(chunk);
    onBytes(chunk.length);
  }
  return hash.digest('hex');
}
