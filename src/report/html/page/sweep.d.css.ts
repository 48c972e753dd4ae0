/** The text of sweep.css. */
declare const text: string;
export default text;
