// What `cargo demo` does at the gateway: keys and tokens of an issuer, and a client that shows them.
//
//     node client.mjs keys KEYS.json TOKENS.json     makes a key, and tokens for two people
//     node client.mjs ask URL TOKENS.json FOLDER     asks as them; one line of JSON for each answer
//
// The client is plain HTTP, so that what the gateway answers is seen as it is.

import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const base64 = (value) => Buffer.from(value).toString('base64url');

function keys(keysFile, tokensFile) {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'demo', alg: 'EdDSA', use: 'sig' };
    writeFileSync(keysFile, JSON.stringify({ keys: [jwk] }));
    const token = (name, groups, scope) => {
        const now = Math.floor(Date.now() / 1000);
        const header = { typ: 'at+jwt', alg: 'EdDSA', kid: 'demo' };
        const claims = {
            iss: 'https://id.example.com',
            aud: 'https://mcp.example.com',
            sub: `user:${name}`,
            client_id: 'demo-client',
            jti: randomUUID(),
            iat: now,
            nbf: now,
            exp: now + 600,
            groups,
            scope,
        };
        const text = `${base64(JSON.stringify(header))}.${base64(JSON.stringify(claims))}`;
        return `${text}.${sign(null, Buffer.from(text), privateKey).toString('base64url')}`;
    };
    const tokens = {
        ben: token('ben', ['staff'], 'files:read'),
        mia: token('mia', ['editors'], 'files:read'),
        'mia again': token('mia', ['editors'], 'files:read files:write'),
    };
    writeFileSync(tokensFile, JSON.stringify(tokens), { mode: 0o600 });
}

/** A session of one person. */
async function session(url, token) {
    const headers = {
        'Content-Type': 'application/json',
        Accept: 'application/json, text/event-stream',
        Authorization: `Bearer ${token}`,
    };
    let next = 0;
    const post = async (method, params, isNotification = false) => {
        const id = isNotification ? {} : { id: (next += 1) };
        const body = JSON.stringify({ jsonrpc: '2.0', ...id, method, params });
        const response = await fetch(url, { method: 'POST', headers, body });
        const text = await response.text();
        const isStream = (response.headers.get('content-type') ?? '').startsWith('text/event-stream');
        const json = isStream ? text.split('\n').findLast((line) => line.startsWith('data: '))?.slice(6) : text;
        const challenge = response.headers.get('www-authenticate');
        return { response, status: response.status, challenge, message: json ? JSON.parse(json) : {} };
    };
    const clientInfo = { name: 'demo', version: '1.0.0' };
    const hello = await post('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo });
    const id = hello.response.headers.get('mcp-session-id');
    if (id) headers['Mcp-Session-Id'] = id;
    headers['MCP-Protocol-Version'] = hello.message.result.protocolVersion;
    await post('notifications/initialized', {}, true);
    return {
        list: () => post('tools/list', {}),
        call: (name, args) => post('tools/call', { name, arguments: args }),
        end: () => fetch(url, { method: 'DELETE', headers }),
    };
}

async function ask(url, tokensFile, folder) {
    const tokens = JSON.parse(readFileSync(tokensFile, 'utf8'));
    const say = (who, asked, { status, challenge, message }, answer) => {
        const result = message.result ?? message.error ?? {};
        const text = answer ?? result.content?.[0]?.text ?? result.message ?? '';
        // The number of the decision is another each time.
        const plain = text.replace(/ Decision \S+\.$/, '').trim();
        console.log(JSON.stringify({ who, asked, status, refused: Boolean(result.isError || message.error), plain, challenge }));
    };
    const as = async (who, run) => {
        const open = await session(url, tokens[who]);
        await run(open);
        await open.end();
    };
    const listed = (answer) => answer.message.result.tools.map((tool) => tool.name).sort().join(', ');
    await as('ben', async (ben) => {
        const tools = await ben.list();
        say('ben', 'which tools are there', tools, listed(tools));
        say('ben', 'read plan.md', await ben.call('read_text_file', { path: `${folder}/plan.md` }));
        say('ben', 'read secrets/key.txt', await ben.call('read_text_file', { path: `${folder}/secrets/key.txt` }));
    });
    const note = { path: `${folder}/note.md`, content: 'seen' };
    await as('mia', async (mia) => {
        const tools = await mia.list();
        say('mia', 'which tools are there', tools, listed(tools));
        say('mia', 'write note.md', await mia.call('write_file', note));
    });
    await as('mia again', async (mia) => {
        say('mia again', 'write note.md', await mia.call('write_file', note), 'written');
    });
}

const [command, ...rest] = process.argv.slice(2);
if (command === 'keys') keys(...rest);
else if (command === 'ask') await ask(...rest);
else process.exitCode = 2;
