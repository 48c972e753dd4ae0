import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
var t=!1,s=()=>t;async function m(e,n){let o,r=new Promise((a,i)=>{o=setTimeout(()=>{t=!0,i(new Error(`no answer within ${e/1e3} s`))},e)});try{return await Promise.race([n,r])}finally{clearTimeout(o)}}export{s as a,m as b};
