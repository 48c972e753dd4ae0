// Stands in for `vllm serve MODEL …`, which needs a GPU: one server in front of those that a test has started.
// VLLM_SERVED says which of them has which model, as the command line names it.
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';

const [command, model = '', ...args] = process.argv.slice(2);
if (command !== 'serve') throw new Error(`vllm ${command}`);
const { values } = parseArgs({
  args,
  options: {
    'served-model-name': { type: 'string', default: model },
    'lora-modules': { type: 'string', multiple: true, default: [] },
    'max-lora-rank': { type: 'string' },
    'enable-lora': { type: 'boolean' },
    'tensor-parallel-size': { type: 'string' },
    revision: { type: 'string' },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '8000' },
  },
});
const served: Readonly<Record<string, string>> = JSON.parse(process.env.VLLM_SERVED ?? '{}');
const base = values['served-model-name'];
const modules = values['lora-modules'].map((module) => module.split('='));
const urls = new Map([[base, model], ...modules].map(([name = '', folder = '']) => [name, served[folder]]));

const server = createServer(async (request, response) => {
  if (request.url === '/health') return response.end();
  if (request.url === '/v1/models') {
    const data = [...urls.keys()].map((id, i) => ({ id, max_model_len: 64, ...(i === 0 ? {} : { parent: base }) }));
    return response.setHeader('content-type', 'application/json').end(JSON.stringify({ data }));
  }
  const body = request.method === 'POST' ? JSON.parse(await text(request)) : {};
  const url = urls.get(body.model);
  if (url === undefined) return response.writeHead(404).end('{}');
  const init = { method: 'POST', headers: { 'content-type': 'application/json' } };
  const answer = await fetch(`${url}${request.url}`, { ...init, body: JSON.stringify({ ...body, model: 'toy' }) });
  response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
});
server.listen(Number(values.port), values.host);
