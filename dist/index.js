import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
var s=()=>!1;try{let{supervise:r}=await import("./shared-LIQNNMSU.js"),{describeError:t}=await import("./shared-4Z7YLNZ6.js"),{logLine:i}=await import("./shared-QXKD2FXW.js");await r({work:async()=>{let{start:e}=await import("./shared-FRNVQOB4.js");({hasAbandonedWork:s}=await import("./shared-VI4HL2AN.js")),await e(process.env,()=>new Date)},isApart:!0,report(e){let{kind:o,message:a}=t(e);process.stdout.write(`::error::${o==="error"?"":`${o}: `}${i(a)}
`)},exitCode:1})}catch(r){let[t]=String(r).split(`
`);process.stdout.write(`::error::${t}
`),process.exit(1)}s()&&process.exit();
