// The TypeScript SDK 1.x as a client. The job is in the first argument, the report goes to standard output:
// both are described in README.md.

import { pathToFileURL } from 'node:url';
import { report } from './report.mjs';

const job = JSON.parse(process.argv[2]);
const load = (path) => import(pathToFileURL(`${job.modules}/@modelcontextprotocol/sdk/dist/esm/client/${path}`).href);
const { Client } = await load('index.js');

async function transport() {
    if (job.url) {
        const { StreamableHTTPClientTransport } = await load('streamableHttp.js');
        return new StreamableHTTPClientTransport(new URL(job.url));
    }
    const { StdioClientTransport } = await load('stdio.js');
    const [command, ...args] = job.command;
    return new StdioClientTransport({ command, args, env: process.env, stderr: 'inherit' });
}

const client = new Client({ name: 'mcpz-clients', version: '1.0.0' }, { capabilities: {} });
let version;
const link = await transport();
// The SDK tells the version to the transport alone.
const told = link.setProtocolVersion?.bind(link);
link.setProtocolVersion = (negotiated) => {
    version = negotiated;
    told?.(negotiated);
};
await client.connect(link);
await report(job, { client, version: () => version });
