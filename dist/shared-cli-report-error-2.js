import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{logLines,printable}from"./shared-report-escape-2.js";import{describeError}from"./shared-platform-user-error.js";var MAX_MESSAGE=2e3;function reportError(error,stderr,{debug}){let{message,kind,lines=[]}=describeError(error);stderr.write(`shadow-gate: ${kind}: ${printable(message,MAX_MESSAGE)}
`);for(let line of lines)stderr.write(`    ${printable(line)}
`);debug&&error instanceof Error&&stderr.write(`${logLines(error.stack??"")}
`)}export{MAX_MESSAGE,reportError};
