// The server that the MCP conformance suite is run against, direct and through `mcpz gateway`.
//
// It serves both eras at /mcp: clients up to 2025-11-25 get a session, clients of 2026-07-28 are answered
// request by request. What it offers is in features.mjs. Run as `node server.mjs MODULES [PORT]`, where
// MODULES is the node_modules folder with the SDK; it prints its URL when it listens. With `stdio` in place of
// the port it talks over standard input and output, which is how its catalog is captured.

import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { features } from './features.mjs';

const [modules, port = '0'] = process.argv.slice(2);
const sdk = await import(pathToFileURL(`${modules}/@modelcontextprotocol/server/dist/index.mjs`).href);

const offered = features(sdk, (kind) => {
    if (kind === 'tools') modern.notify.toolsChanged();
    if (kind === 'prompts') modern.notify.promptsChanged();
});
const modern = sdk.createMcpHandler(() => offered.server(), { legacy: 'reject' });
const sessions = new Map();

/** One request of a client up to 2025-11-25. */
async function legacy(request) {
    const id = request.headers.get('mcp-session-id');
    if (id !== null) {
        const transport = sessions.get(id);
        return transport ? transport.handleRequest(request) : failure(404, -32001, 'Session not found');
    }
    const transport = new sdk.WebStandardStreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (session) => void sessions.set(session, transport),
        onsessionclosed: (session) => void sessions.delete(session),
        eventStore: new Events(),
        retryInterval: 100,
    });
    await offered.server().connect(transport);
    return transport.handleRequest(request);
}

/** The events of one session, so that a client can come back for what it missed. */
class Events {
    #sent = [];

    async storeEvent(stream, message) {
        this.#sent.push({ stream, message });
        return String(this.#sent.length);
    }

    async getStreamIdForEventId(event) {
        return this.#sent[Number(event) - 1]?.stream;
    }

    async replayEventsAfter(last, { send }) {
        const stream = this.#sent[Number(last) - 1]?.stream;
        for (const [index, event] of this.#sent.entries()) {
            if (index >= Number(last) && event.stream === stream && Object.keys(event.message).length > 0) {
                await send(String(index + 1), event.message);
            }
        }
        return stream;
    }
}

function failure(status, code, message) {
    return Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status });
}

async function answer(request) {
    if (new URL(request.url).pathname !== '/mcp') return failure(404, -32001, 'Nothing here');
    const refused =
        sdk.hostHeaderValidationResponse(request, sdk.localhostAllowedHostnames()) ??
        sdk.originValidationResponse(request, sdk.localhostAllowedOrigins());
    if (refused) return refused;
    return (await sdk.isLegacyRequest(request)) ? legacy(request) : modern.fetch(request);
}

/** Node's request as the web's. */
function incoming(message, gone) {
    const headers = new Headers();
    for (let index = 0; index < message.rawHeaders.length; index += 2) {
        headers.append(message.rawHeaders[index], message.rawHeaders[index + 1]);
    }
    const hasBody = message.method !== 'GET' && message.method !== 'HEAD';
    const body = hasBody ? { body: Readable.toWeb(message), duplex: 'half' } : {};
    return new Request(`http://127.0.0.1${message.url}`, { method: message.method, headers, signal: gone, ...body });
}

async function serve(message, reply) {
    const gone = new AbortController();
    reply.on('close', () => gone.abort());
    let response;
    try {
        response = await answer(incoming(message, gone.signal));
    } catch (error) {
        console.error(error);
        response = failure(500, -32603, 'Internal error');
    }
    reply.writeHead(response.status, Object.fromEntries(response.headers));
    reply.flushHeaders();
    if (!response.body) return void reply.end();
    const body = Readable.fromWeb(response.body);
    body.on('error', () => reply.destroy());
    body.pipe(reply);
}

if (port === 'stdio') {
    const { serveStdio } = await import(pathToFileURL(`${modules}/@modelcontextprotocol/server/dist/stdio.mjs`).href);
    serveStdio(() => offered.server());
} else {
    const server = createServer((message, reply) => void serve(message, reply));
    server.listen(Number(port), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/mcp`));
}
