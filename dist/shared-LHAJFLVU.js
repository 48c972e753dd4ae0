import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{h as e,j as r}from"./shared-UPVF67FB.js";import{e as i}from"./shared-SBITQGD6.js";var l=2e3;function b(o,n,{debug:t}){let{message:a,kind:s,lines:c=[]}=i(o);n.write(`shadow-gate: ${s}: ${e(a,l)}
`);for(let f of c)n.write(`    ${e(f)}
`);t&&o instanceof Error&&n.write(`${r(o.stack??"")}
`)}export{l as a,b};
