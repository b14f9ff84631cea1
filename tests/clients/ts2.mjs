// The TypeScript SDK 2.x as a client. The job is in the first argument, the report goes to standard output:
// both are described in README.md.

import { pathToFileURL } from 'node:url';
import { report } from './report.mjs';

const job = JSON.parse(process.argv[2]);
const load = (path) => import(pathToFileURL(`${job.modules}/@modelcontextprotocol/client/dist/${path}`).href);
const { Client, StreamableHTTPClientTransport } = await load('index.mjs');

async function transport() {
    if (job.url) return new StreamableHTTPClientTransport(new URL(job.url));
    const { StdioClientTransport } = await load('stdio.mjs');
    const [command, ...args] = job.command;
    return new StdioClientTransport({ command, args, env: process.env, stderr: 'inherit' });
}

const versionNegotiation = { mode: job.mode };
const client = new Client({ name: 'mcpz-clients', version: '1.0.0' }, { capabilities: {}, versionNegotiation });
await client.connect(await transport());
await report(job, { client, version: () => client.getNegotiatedProtocolVersion() });
