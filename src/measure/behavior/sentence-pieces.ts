import { WireFile, type WireRange, WireType } from '@shadow-gate/checkpoints/formats';

/** `SentencePiece.Type` of sentencepiece_model.proto. */
export const PieceType = { normal: 1, byte: 6 } as const;

export interface SentencePieces {
  /** In the order of their ids. */
  readonly pieces: ReadonlyArray<{ readonly text: string; readonly score: number; readonly type: number }>;
  /** How texts are rewritten before and after: in base64, as in `Precompiled` of tokenizer.json. Empty: not at all. */
  readonly rewriting: readonly string[];
}

/** Numbers of fields in sentencepiece_model.proto (0.2.1). */
const MODEL = { piece: 1, normalizer: 3, denormalizer: 5 } as const;
const PIECE = { text: 1, score: 2, type: 3 } as const;
const CHARACTERS_MAP = 2;

/** Many times the fields of the largest known vocabulary, with 262,144 pieces. */
const MOST_FIELDS = 2 ** 22;

/** The vocabulary of a SentencePiece model. @throws Error, also UserError, for any other file */
export function readSentencePieces(name: string, bytes: Buffer): SentencePieces {
  const file = new WireFile(name, bytes);
  let left = MOST_FIELDS;
  function* fields(range: WireRange) {
    for (const field of file.fields(range)) {
      left -= 1;
      if (left < 0) throw new Error('it has too many pieces');
      yield field;
    }
  }
  const readPiece = (range: WireRange): SentencePieces['pieces'][number] => {
    let [text, score, type] = ['', 0, PieceType.normal as number];
    for (const field of fields(range)) {
      if (field.number === PIECE.text) text = file.text(field);
      if (field.number === PIECE.score && field.type === WireType.fixed32) score = bytes.readFloatLE(field.begin);
      if (field.number === PIECE.type) type = file.number(field) ?? 0;
    }
    return { text, score, type };
  };
  try {
    const pieces: Array<SentencePieces['pieces'][number]> = [];
    const rewriting: string[] = [];
    for (const field of fields({ begin: 0, end: bytes.length })) {
      if (field.type !== WireType.bytes) continue;
      if (field.number === MODEL.piece) pieces.push(readPiece(field));
      if (field.number !== MODEL.normalizer && field.number !== MODEL.denormalizer) continue;
      for (const { number, begin, end } of fields(field)) {
        if (number === CHARACTERS_MAP && end > begin) rewriting.push(bytes.subarray(begin, end).toString('base64'));
      }
    }
    return { pieces, rewriting };
  } finally {
    file.close();
  }
}
