export { drawTexts } from './own-text/draw-texts.ts';
export { digestTexts, inOneOrder, ownTextCalls, readTexts } from './own-text/read-texts.ts';
export { type PlacedTexts, placeTexts } from './protocol/places.ts';
export { protocolCall, protocolTexts, readProtocol } from './protocol/read-protocol.ts';
export { readTextSuite } from './read-text-suite.ts';
export type { PlainText, TextSuite } from './text-suite.ts';
