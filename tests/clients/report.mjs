// What both TypeScript clients do with a connection: list the tools, make the calls, say what came of it.

export async function report(job, { client, version }) {
    const { tools } = await client.listTools();
    const calls = [];
    for (const { tool, arguments: args } of job.calls) {
        try {
            const result = await client.callTool({ name: tool, arguments: args });
            const text = result.content.map((part) => part.text ?? '').join('\n');
            calls.push({ outcome: result.isError ? 'refused' : 'answered', text });
        } catch (error) {
            calls.push({ outcome: 'error', code: error.code ?? null, text: String(error.message) });
        }
    }
    console.log(JSON.stringify({ version: version(), tools: tools.map((tool) => tool.name), calls }));
    await client.close();
}
