/** The text of method.css. */
declare const text: string;
export default text;
