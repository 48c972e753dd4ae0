/** The text of trend.css. */
declare const text: string;
export default text;
