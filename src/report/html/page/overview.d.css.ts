/** The text of overview.css. */
declare const text: string;
export default text;
