export type { Decoder, Layer } from './decoder.ts';
export { describeDecoder } from './describe-decoder.ts';
