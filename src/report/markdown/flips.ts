import { markdownTable } from 'markdown-table';
import type { Flip, ItemTable } from '../../compare/probes/index.ts';
import type { Report } from '../../compare/report.ts';
import { codeBlock, codeName, narrowName, narrowText, plainText } from '../escape.ts';
import { phraseMarkdown, termLink } from '../render/markdown/phrase.ts';
import { type AnsweredForm, examOfFlip, exampleFlip } from '../text/example.ts';
import { answerMark } from '../text/probe-items.ts';
import { flipText } from '../text/probes.ts';

/** A flip with both answers. @param items have its exam; without it, the other form stands alone */
export function flipMarkdown(flip: Flip, items: ItemTable | null): string {
  const head = `${plainText(flip.capability)} · ${phraseMarkdown(flipText(flip))}`;
  if (flip.right === null) return head;
  const exam = examOfFlip(flip, items);
  if (exam === null) return flip.prompt === null ? head : `${head}\n\n${codeBlock(flip.prompt)}`;
  return `${head}\n\n${bothForms(flip, exam, WIDE)}`;
}

/** One flip for a reader who opens nothing; empty without one. */
export function exampleMarkdown(report: Report): string {
  const example = exampleFlip(report);
  return example === null ? '' : bothForms(example.flip, example.exam, NARROW);
}

/** In a fold, a wide table scrolls. */
const WIDE = { lines: 16, text: plainText, answer: codeName };
const NARROW = { lines: 8, text: narrowText, answer: narrowName };

type CellStyle = typeof WIDE;

function bothForms(flip: Flip, exam: AnsweredForm, style: CellStyle): string {
  const answered = (text: string | null) =>
    text === null ? 'not disclosed' : text === '' ? 'nothing' : style.answer(text);
  const line = (side: string, given: string | null, right: string | null) => {
    const mark = given === null || right === null ? '' : `${answerMark({ isRight: given === right })} `;
    return `${side}: ${mark}${answered(given)}`;
  };
  const both = [exam, flip];
  const cells = [
    both.map(({ prompt }) => promptCell(prompt, style)),
    both.map(({ right }) => `correct: ${answered(right)}`),
    both.map(({ baseline, right }) => line('baseline', baseline, right)),
    both.map(({ candidate, right }) => line('candidate', candidate, right)),
  ];
  const heads = [termLink('benchmarkForm', 'exam'), flip.beside ? 'options shuffled' : termLink('twin', 'other form')];
  return markdownTable([heads, ...cells], { alignDelimiters: false });
}

/** In a cell, long lines wrap: two code blocks side by side would be too wide. */
function promptCell(prompt: string | null, { lines: most, text }: CellStyle): string {
  if (prompt === null) return '';
  const lines = prompt.split('\n');
  const shown = lines.length > most ? ['…', ...lines.slice(1 - most)] : lines;
  return shown.map(text).join('<br>');
}
