import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { GitObjects } from '../../../src/github/approved/git-objects.ts';
import type { Octokit } from '../../../src/github/client/types.ts';

const TEXT = 'non-finite: { level: fail }\n';
const shaOf = (text: string) => createHash('sha1').update(`blob ${text.length}\0${text}`).digest('hex');
const answerOf = (text: string, more: object = {}) => ({
  encoding: 'base64',
  size: text.length,
  content: Buffer.from(text).toString('base64'),
  ...more,
});

/** Gives one answer after another, the last for ever. */
function objectsWith(answers: readonly unknown[]) {
  let asked = 0;
  const next = async () => ({ data: answers[Math.min(asked++, answers.length - 1)] });
  const client = { rest: { git: { getBlob: next, getTree: next, getCommit: next } } } as unknown as Octokit;
  return { objects: new GitObjects(client, { owner: 'o', repo: 'r' }), asked: () => asked };
}

describe('an answer of GitHub that breaks off is never content', () => {
  it.each<[string, unknown]>([
    ['nothing', ''],
    ['half of the JSON', '{"content": "bm9uLWZp'],
    ['an empty text', answerOf('')],
    ['the beginning of the text', answerOf(TEXT.slice(0, 9))],
    ['the beginning, with the size of the whole', answerOf(TEXT.slice(0, 9), { size: TEXT.length })],
    ['another text of the same size', answerOf(TEXT.replace('fail', 'warn'))],
    ['no content, as for a file that is too large', answerOf('', { encoding: 'none', size: TEXT.length })],
  ])('%s in place of a file is requested again, and an error if that does not help', async (_name, broken) => {
    const once = objectsWith([broken, broken, answerOf(TEXT)]);
    expect((await once.objects.bytesOf(shaOf(TEXT))).toString()).toBe(TEXT);
    const always = objectsWith([broken]);
    await expect(always.objects.bytesOf(shaOf(TEXT))).rejects.toThrow(/is not whole/);
    expect(always.asked()).toBe(3);
  });

  it.each<[string, unknown]>([
    ['nothing', ''],
    ['half of the JSON', '{"tree": [{"path": "shadow-g'],
    ['a list that GitHub has cut off', { sha: 's', truncated: true, tree: [] }],
    ['a list without a word on whether it is whole', { sha: 's', tree: [] }],
  ])('%s in place of a folder is not an empty folder', async (_name, broken) => {
    await expect(objectsWith([broken]).objects.entriesOf('s')).rejects.toThrow(/is not whole/);
    const once = objectsWith([broken, { sha: 's', truncated: false, tree: [] }]);
    expect(await once.objects.entriesOf('s')).toEqual([]);
  });

  it('a file that is empty is empty, and one with a byte order mark is whole', async () => {
    expect((await objectsWith([answerOf('')]).objects.bytesOf(shaOf(''))).length).toBe(0);
    const bytes = Buffer.from('\uFEFFa: 1');
    const sha = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
    const answer = { encoding: 'base64', size: bytes.length, content: bytes.toString('base64') };
    expect(await objectsWith([answer]).objects.bytesOf(sha)).toEqual(bytes);
  });

  it('nothing in place of a commit is an error, not a commit that does not exist', async () => {
    await expect(objectsWith(['']).objects.treeOf('c')).rejects.toThrow(/is not whole/);
  });
});
