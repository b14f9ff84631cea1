// The inspector's command line as a client: it is started once for each thing it is to do. The job is in the
// first argument, the report goes to standard output: both are described in README.md.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const job = JSON.parse(process.argv[2]);
const folder = mkdtempSync(join(tmpdir(), 'mcpz-inspector-'));
const config = join(folder, 'mcp.json');
const [command, ...args] = job.command ?? [];
const server = job.url ? { type: 'streamable-http', url: job.url } : { type: 'stdio', command, args };
writeFileSync(config, JSON.stringify({ mcpServers: { server } }));

function inspect(...words) {
    const program = join(job.modules, '.bin/mcp-inspector');
    const given = [program, '--cli', '--config', config, '--server', 'server', ...words];
    const { status, stdout, stderr } = spawnSync(process.execPath, given, { encoding: 'utf8' });
    const start = stdout.indexOf('{');
    return { status, stderr, value: start < 0 ? undefined : JSON.parse(stdout.slice(start)) };
}

// What the inspector itself says is wrong. What servers write of their own, such as that nobody answered them, stands before it.
function said(stderr) {
    const own = stderr.split('\n').find((line) => line.startsWith('{"error":'));
    return own ?? stderr;
}

try {
    const list = inspect('--method', 'tools/list');
    if (!list.value?.tools) throw new Error(`no list: ${list.stderr}`);
    const calls = job.calls.map(({ tool, arguments: given }) => {
        const words = Object.entries(given).flatMap(([key, value]) => [
            '--tool-arg',
            `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
        ]);
        const { status, stderr, value } = inspect('--method', 'tools/call', '--tool-name', tool, ...words);
        if (!value?.content) return { outcome: 'error', code: null, text: `${status}: ${said(stderr)}` };
        const text = value.content.map((part) => part.text ?? '').join('\n');
        return { outcome: value.isError ? 'refused' : 'answered', text };
    });
    console.log(JSON.stringify({ version: null, tools: list.value.tools.map((tool) => tool.name), calls }));
} finally {
    rmSync(folder, { recursive: true });
}
