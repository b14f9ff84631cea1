// The tasks extension of 2026-07-28, as far as the scenarios of the conformance suite look at it: tools whose calls
// become tasks when the client declares the extension, and the methods about tasks.

import { randomUUID } from 'node:crypto';

const EXTENSION = 'io.modelcontextprotocol/tasks';
const HEADER_MISMATCH = -32020;
const NO_SUCH_TASK = -32602;
/** Tools that cannot be called without the extension. */
const REQUIRED = new Set(['failing_job', 'test_tool_with_task']);

const text = (value) => ({ content: [{ type: 'text', text: value }] });
const stamp = () => new Date().toISOString();

/** All tasks of a server. `add` puts tools and methods into one instance of it. */
export function tasks(sdk) {
    const known = new Map();
    const { inputRequired, acceptedContent, fromJsonSchema } = sdk;
    const missing = () => new sdk.MissingRequiredClientCapabilityError({
        requiredCapabilities: { extensions: { [EXTENSION]: {} } },
    });
    const declares = (mcpReq) => {
        const has = mcpReq.envelope?.[sdk.CLIENT_CAPABILITIES_META_KEY];
        return has?.extensions?.[EXTENSION] !== undefined;
    };

    /** Begins a task: `work` gets it and returns the tool's result. */
    function begin(work) {
        const task = {
            taskId: randomUUID(),
            status: 'working',
            createdAt: stamp(),
            lastUpdatedAt: stamp(),
            ttlMs: 600000,
            pollIntervalMs: 100,
        };
        const created = { resultType: 'task', ...task };
        known.set(task.taskId, { task });
        const settle = (status, more) => {
            if (task.status === 'cancelled') return;
            Object.assign(task, { status, lastUpdatedAt: stamp() }, more);
        };
        work(known.get(task.taskId)).then(
            (result) => settle('completed', { result: { resultType: 'complete', ...result } }),
            (error) => settle('failed', { error: { code: -32603, message: error.message } }),
        );
        return created;
    }

    /** Waits, or until the task is cancelled. */
    const rest = (entry, seconds) => new Promise((resolve) => {
        const timer = setTimeout(resolve, seconds * 1000);
        timer.unref();
        entry.wake = resolve;
    });

    /** Asks the client while the task waits. */
    async function ask(entry, inputRequests) {
        const answers = {};
        Object.assign(entry.task, { status: 'input_required', inputRequests, lastUpdatedAt: stamp() });
        while (Object.keys(entry.task.inputRequests).length > 0) {
            const given = await new Promise((resolve) => {
                entry.answer = resolve;
            });
            for (const [key, value] of Object.entries(given)) {
                if (!(key in entry.task.inputRequests)) continue;
                answers[key] = value;
                delete entry.task.inputRequests[key];
            }
        }
        delete entry.task.inputRequests;
        Object.assign(entry.task, { status: 'working', lastUpdatedAt: stamp() });
        return answers;
    }

    const confirm = (message) => inputRequired.elicit({
        message,
        requestedSchema: { type: 'object', properties: { confirm: { type: 'boolean' } }, required: ['confirm'] },
    });
    const object = (properties) => fromJsonSchema({ type: 'object', properties });

    function tools(made) {
        const tool = (name, description, properties, run) => {
            made.registerTool(name, { description, inputSchema: object(properties) }, run);
        };
        /** A tool whose call becomes a task, where that is possible. */
        const job = (name, description, properties, work) => {
            tool(name, description, properties, (args, { mcpReq }) =>
                declares(mcpReq) ? begin((entry) => work(entry, args)) : work({ task: {} }, args));
        };
        tool('greet', 'Greets', { name: { type: 'string' } }, ({ name }) => text(`Hello, ${name}!`));
        const seconds = { seconds: { type: 'number' }, label: { type: 'string' } };
        job('slow_compute', 'Takes its time', seconds, async (entry, args) => {
            await rest(entry, args.seconds ?? 1);
            return text(`Computed ${args.label ?? ''}`);
        });
        job('failing_job', 'Fails as a tool does', {}, async (entry) => {
            await rest(entry, 0.2);
            return { ...text('This job fails'), isError: true };
        });
        job('protocol_error_job', 'Fails as a server does', {}, async (entry) => {
            await rest(entry, 0.2);
            throw new Error('This job breaks');
        });
        job('confirm_delete', 'Asks once', { filename: { type: 'string' } }, async (entry) => {
            await ask(entry, { [randomUUID()]: confirm('Delete it?') });
            return text('Deleted.');
        });
        job('multi_input', 'Asks twice at once', {}, async (entry) => {
            await ask(entry, { [randomUUID()]: confirm('This?'), [randomUUID()]: confirm('And that?') });
            return text('Both were answered.');
        });
        tool('test_tool_with_task', 'Asks, then becomes a task', {}, (_, { mcpReq }) => {
            const name = acceptedContent(mcpReq.inputResponses, 'user_name')?.name;
            if (name !== undefined) return begin(async () => text(`Hello, ${name}!`));
            const requestedSchema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
            const user_name = inputRequired.elicit({ message: 'What is your name?', requestedSchema });
            return inputRequired({ inputRequests: { user_name } });
        });
    }

    function methods(made) {
        const about = (method, answer) => {
            const params = fromJsonSchema({ type: 'object', properties: { taskId: { type: 'string' } } });
            made.server.setRequestHandler(method, { params }, (given, { mcpReq, http }) => {
                if (!declares(mcpReq)) throw missing();
                if (http?.req && http.req.headers.get('mcp-name') !== given.taskId) {
                    throw new sdk.ProtocolError(HEADER_MISMATCH, 'Mcp-Name is not the task');
                }
                const entry = known.get(given.taskId);
                if (!entry) throw new sdk.ProtocolError(NO_SUCH_TASK, 'No such task');
                return answer(entry, given.inputResponses ?? mcpReq.inputResponses ?? {});
            });
        };
        about('tasks/get', ({ task }) => structuredClone(task));
        about('tasks/update', (entry, inputResponses) => {
            entry.answer?.(inputResponses);
            return {};
        });
        about('tasks/cancel', (entry) => {
            if (['working', 'input_required'].includes(entry.task.status)) {
                Object.assign(entry.task, { status: 'cancelled', lastUpdatedAt: stamp() });
                delete entry.task.inputRequests;
                entry.wake?.();
            }
            return {};
        });
    }

    /** A tool that needs the extension is refused before it runs, which a tool itself cannot do in this SDK. */
    function gate(made) {
        const handlers = made.server._requestHandlers;
        const call = handlers.get('tools/call');
        handlers.set('tools/call', async (request, context) => {
            if (REQUIRED.has(request.params.name) && !declares(context.mcpReq)) throw missing();
            return call(request, context);
        });
    }

    const add = (made) => {
        tools(made);
        methods(made);
        gate(made);
    };
    return { extension: { [EXTENSION]: {} }, add };
}
