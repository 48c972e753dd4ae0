import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
var hasAbandonedWork=()=>!1;try{let{supervise}=await import("./shared-platform-index.js"),{describeError}=await import("./shared-platform-index-2.js"),{logLine}=await import("./shared-report-escape.js");await supervise({work:async()=>{let{start}=await import("./shared-action-run.js");({hasAbandonedWork}=await import("./shared-github-with-timeout.js")),await start(process.env,()=>new Date)},isApart:!0,report(error){let{kind,message}=describeError(error);process.stdout.write(`::error::${kind==="error"?"":`${kind}: `}${logLine(message)}
`)},exitCode:1})}catch(error){let[line]=String(error).split(`
`);process.stdout.write(`::error::${line}
`),process.exit(1)}hasAbandonedWork()&&process.exit();
