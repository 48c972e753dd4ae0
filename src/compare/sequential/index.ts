export { askingOrder } from './order.ts';
export { firstAnswers, settleAgainst } from './settle-answers.ts';
