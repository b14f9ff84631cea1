// What the server of server.mjs offers: the tools, resources and prompts that the scenarios of the MCP
// conformance suite ask for by name.

import { randomBytes } from 'node:crypto';
import { tasks } from './tasks.mjs';

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
const SILENCE = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAAAAA==';

const text = (value) => ({ content: [{ type: 'text', text: value }] });
const said = (value) => ({ role: 'user', content: { type: 'text', text: value } });
const image = { type: 'image', data: PIXEL, mimeType: 'image/png' };
const soon = () => new Promise((resolve) => setTimeout(resolve, 50));
const object = (properties, required = Object.keys(properties)) => ({ type: 'object', properties, required });
const string = { type: 'string' };

/** The features, made with an SDK; `changed` is told which list a tool changed. */
export function features(sdk, changed) {
    const state = sdk.createRequestStateCodec({ key: randomBytes(32) });
    const shared = { sdk, state, changed };
    const long = tasks(sdk);
    const server = () => {
        const made = new sdk.McpServer(
            { name: 'mcpz-conformance', version: '1.0.0' },
            {
                capabilities: {
                    tools: { listChanged: true },
                    resources: { subscribe: true, listChanged: true },
                    prompts: { listChanged: true },
                    completions: {},
                    logging: {},
                    extensions: long.extension,
                },
                requestState: { verify: state.verify },
            },
        );
        const tool = (name, description, run, schema, extra = {}) => {
            const inputSchema = sdk.fromJsonSchema(schema ?? object({}));
            made.registerTool(name, { description, inputSchema, ...extra }, run);
        };
        plain(tool);
        asking(tool, shared);
        rounds(tool, shared);
        stateless(tool, shared);
        resources(made, sdk);
        prompts(made, sdk);
        long.add(made);
        return made;
    };
    return { server };
}

/** Tools that only answer. */
function plain(tool) {
    tool('test_simple_text', 'Answers with text', () => text('This is a simple text response for testing.'));
    tool('test_image_content', 'Answers with an image', () => ({ content: [image] }));
    tool('test_audio_content', 'Answers with a sound', () => ({
        content: [{ type: 'audio', data: SILENCE, mimeType: 'audio/wav' }],
    }));
    const resource = (uri, mimeType, value) => ({ type: 'resource', resource: { uri, mimeType, text: value } });
    tool('test_embedded_resource', 'Answers with a resource', () => ({
        content: [resource('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')],
    }));
    tool('test_multiple_content_types', 'Answers with content of several kinds', () => ({
        content: [
            { type: 'text', text: 'Multiple content types test:' },
            image,
            resource('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
        ],
    }));
    tool('test_error_handling', 'Fails', () => {
        throw new Error('This tool intentionally returns an error for testing');
    });
    tool('test_tool_with_logging', 'Logs while it works', async (_, { mcpReq }) => {
        await mcpReq.log('info', 'Tool execution started');
        await soon();
        await mcpReq.log('info', 'Tool processing data');
        await soon();
        await mcpReq.log('info', 'Tool execution completed');
        return text('Logged three times.');
    });
    tool('test_tool_with_progress', 'Tells how far it is', async (_, { mcpReq }) => {
        const progressToken = mcpReq._meta?.progressToken;
        for (const progress of [0, 50, 100]) {
            if (progressToken !== undefined) {
                const params = { progressToken, progress, total: 100 };
                await mcpReq.notify({ method: 'notifications/progress', params });
            }
            await soon();
        }
        return text('Done.');
    });
    tool('test_reconnection', 'Closes its stream and answers on the next', async (_, { http }) => {
        http?.closeSSE?.();
        await soon();
        return text('Reconnected.');
    });
    tool('json_schema_2020_12_tool', 'Tool with JSON Schema 2020-12 features', (args) => text(JSON.stringify(args)), {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        $defs: { address: { $anchor: 'addressDef', type: 'object', properties: { street: string, city: string } } },
        properties: {
            name: string,
            address: { $ref: '#/$defs/address' },
            contactMethod: { type: 'string', enum: ['phone', 'email'] },
            phone: string,
            email: string,
        },
        allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
        if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
        then: { required: ['phone'] },
        else: { required: ['email'] },
        additionalProperties: false,
    });
    const region = { type: 'string', 'x-mcp-header': 'Region' };
    tool('test_region', 'Has an argument that is also a header', (args) => text(args.region), object({ region }));
}

/** Tools that ask the client while they work, as servers did up to 2025-11-25. */
function asking(tool) {
    const prompt = { type: 'string', description: 'What to ask the model' };
    tool('test_sampling', 'Asks the model of the client', async (args, { mcpReq }) => {
        const reply = await mcpReq.requestSampling({ messages: [said(args.prompt)], maxTokens: 100 });
        return text(`LLM response: ${reply.content.text}`);
    }, object({ prompt }));
    const ask = async (mcpReq, start, message, requestedSchema) => {
        const reply = await mcpReq.elicitInput({ mode: 'form', message, requestedSchema });
        return text(`${start}: action=${reply.action}, content=${JSON.stringify(reply.content ?? {})}`);
    };
    const message = { type: 'string', description: 'What to show the user' };
    tool('test_elicitation', 'Asks the user', (args, { mcpReq }) => {
        const username = { type: 'string', description: "User's response" };
        const email = { type: 'string', description: "User's email address" };
        return ask(mcpReq, 'User response', args.message, object({ username, email }));
    }, object({ message }));
    tool('test_elicitation_sep1034_defaults', 'Asks the user, with defaults', (_, { mcpReq }) =>
        ask(mcpReq, 'Elicitation completed', 'Please look at the defaults', object({
            name: { type: 'string', default: 'John Doe' },
            age: { type: 'integer', default: 30 },
            score: { type: 'number', default: 95.5 },
            status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
            verified: { type: 'boolean', default: true },
        }, [])));
    const titled = (noun) => ['First', 'Second', 'Third'].map((word, index) => (
        { const: `value${index + 1}`, title: `${word} ${noun}` }
    ));
    const options = ['option1', 'option2', 'option3'];
    tool('test_elicitation_sep1330_enums', 'Asks the user to choose', (_, { mcpReq }) =>
        ask(mcpReq, 'Elicitation completed', 'Please choose', object({
            untitledSingle: { type: 'string', enum: options },
            titledSingle: { type: 'string', oneOf: titled('Option') },
            legacyEnum: {
                type: 'string',
                enum: ['opt1', 'opt2', 'opt3'],
                enumNames: ['Option One', 'Option Two', 'Option Three'],
            },
            untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
            titledMulti: { type: 'array', items: { anyOf: titled('Choice') } },
        }, [])));
}

/** Tools that need the client's input and are called again with it, as of 2026-07-28. */
function rounds(tool, { sdk, state }) {
    const { inputRequired, acceptedContent, inputResponse } = sdk;
    const name = (message) => inputRequired.elicit({ message, requestedSchema: object({ name: string }) });
    const confirm = inputRequired.elicit({
        message: 'Please confirm',
        requestedSchema: object({ ok: { type: 'boolean' } }),
    });
    const sample = (question, maxTokens) => inputRequired.createMessage({ messages: [said(question)], maxTokens });

    tool('test_input_required_result_elicitation', 'Needs a name', (_, { mcpReq }) => {
        const given = acceptedContent(mcpReq.inputResponses, 'user_name');
        if (typeof given?.name === 'string') return text(`Hello, ${given.name}!`);
        return inputRequired({ inputRequests: { user_name: name('What is your name?') } });
    });
    tool('test_input_required_result_sampling', 'Needs an answer of a model', (_, { mcpReq }) => {
        const given = inputResponse(mcpReq.inputResponses, 'capital_question');
        if (given.kind === 'sampling') return text(`The model said: ${given.result.content.text}`);
        return inputRequired({ inputRequests: { capital_question: sample('What is the capital of France?', 100) } });
    });
    tool('test_input_required_result_list_roots', 'Needs the roots', (_, { mcpReq }) => {
        const given = inputResponse(mcpReq.inputResponses, 'client_roots');
        if (given.kind === 'roots') return text(`Roots: ${given.roots.map((root) => root.uri).join(', ')}`);
        return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
    });
    for (const kind of ['request_state', 'tampered_state']) {
        tool(`test_input_required_result_${kind}`, 'Keeps signed state with the client', async (_, { mcpReq }) => {
            if (mcpReq.requestState()?.step === 1 && acceptedContent(mcpReq.inputResponses, 'confirm')) {
                return text('state-ok');
            }
            return inputRequired({ inputRequests: { confirm }, requestState: await state.mint({ step: 1 }) });
        });
    }
    tool('test_input_required_result_multiple_inputs', 'Needs three things at once', async (_, { mcpReq }) => {
        const given = mcpReq.inputResponses;
        const user = acceptedContent(given, 'user_name');
        const greeting = inputResponse(given, 'greeting');
        const roots = inputResponse(given, 'client_roots');
        if (user && greeting.kind === 'sampling' && roots.kind === 'roots') {
            return text(`${greeting.result.content.text} ${user.name}, ${roots.roots.length} roots`);
        }
        return inputRequired({
            inputRequests: {
                user_name: name('What is your name?'),
                greeting: sample('Generate a greeting', 50),
                client_roots: inputRequired.listRoots(),
            },
            requestState: await state.mint({ step: 1 }),
        });
    });
    tool('test_input_required_result_multi_round', 'Asks twice', async (_, { mcpReq }) => {
        const at = mcpReq.requestState();
        const first = acceptedContent(mcpReq.inputResponses, 'step1');
        const second = acceptedContent(mcpReq.inputResponses, 'step2');
        if (at?.step === 2 && second) return text(`${at.name} likes ${second.color}`);
        if (at?.step === 1 && first) {
            const requestedSchema = object({ color: string });
            const step2 = inputRequired.elicit({ message: 'Step 2: What is your favorite color?', requestedSchema });
            return inputRequired({
                inputRequests: { step2 },
                requestState: await state.mint({ step: 2, name: first.name }),
            });
        }
        const step1 = name('Step 1: What is your name?');
        return inputRequired({ inputRequests: { step1 }, requestState: await state.mint({ step: 1 }) });
    });
    tool('test_input_required_result_capabilities', 'Needs what the client can do', (_, { mcpReq }) => {
        const has = mcpReq.envelope?.[sdk.CLIENT_CAPABILITIES_META_KEY] ?? {};
        if (mcpReq.inputResponses) return text('Thank you.');
        const inputRequests = {};
        if (has.sampling) inputRequests.sampled = sample('Say something', 50);
        if (has.elicitation) inputRequests.asked = name('What is your name?');
        return inputRequired({ inputRequests, ...(Object.keys(inputRequests).length ? {} : { requestState: '-' }) });
    });
}

/** Tools that the scenarios about statelessness call. */
function stateless(tool, { sdk, changed }) {
    tool('test_missing_capability', 'Needs a client that samples', (_, { mcpReq }) => {
        if (sdk.inputResponse(mcpReq.inputResponses, 'sampled').kind === 'sampling') return text('It samples.');
        // The SDK refuses to ask a client for what it cannot do, with the error that the scenario looks for.
        const sampled = sdk.inputRequired.createMessage({ messages: [said('Say something')], maxTokens: 50 });
        return sdk.inputRequired({ inputRequests: { sampled } });
    });
    tool('test_streaming_elicitation', 'Needs the user, and says so in its stream', async (_, { mcpReq }) => {
        if (sdk.acceptedContent(mcpReq.inputResponses, 'asked')) return text('Confirmed.');
        await soon();
        const requestedSchema = object({ ok: { type: 'boolean' } });
        const asked = sdk.inputRequired.elicit({ message: 'Go on?', requestedSchema });
        return sdk.inputRequired({ inputRequests: { asked } });
    });
    tool('test_logging_tool', 'Logs when it may', async (_, { mcpReq }) => {
        await mcpReq.log('info', 'Only with a level');
        return text('Done.');
    });
    tool('test_trigger_tool_change', 'Says that the tools changed', () => {
        changed('tools');
        return text('Changed.');
    });
    tool('test_trigger_prompt_change', 'Says that the prompts changed', () => {
        changed('prompts');
        return text('Changed.');
    });
}

function resources(server, sdk) {
    const add = (name, uri, mimeType, read) => {
        server.registerResource(name, uri, { description: `A resource: ${name}`, mimeType }, read);
    };
    const one = (uri, mimeType, body) => ({ contents: [{ uri: String(uri), mimeType, ...body }] });
    add('static-text', 'test://static-text', 'text/plain', (uri) =>
        one(uri, 'text/plain', { text: 'This is the content of the static text resource.' }));
    add('static-binary', 'test://static-binary', 'image/png', (uri) => one(uri, 'image/png', { blob: PIXEL }));
    add('watched-resource', 'test://watched-resource', 'text/plain', (uri) =>
        one(uri, 'text/plain', { text: 'Watched.' }));
    const template = new sdk.ResourceTemplate('test://template/{id}/data', { list: undefined });
    add('template', template, 'application/json', (uri, { id }) =>
        one(uri, 'application/json', {
            text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }),
        }));
    server.server.setRequestHandler('resources/subscribe', () => ({}));
    server.server.setRequestHandler('resources/unsubscribe', () => ({}));
}

function prompts(server, sdk) {
    const add = (name, description, argsSchema, get) => {
        server.registerPrompt(name, { description, ...(argsSchema ? { argsSchema } : {}) }, get);
    };
    const shape = (properties) => sdk.fromJsonSchema(object(properties));
    add('test_simple_prompt', 'A prompt', undefined, () => ({
        messages: [said('This is a simple prompt for testing.')],
    }));
    add('test_prompt_with_arguments', 'A prompt with arguments', shape({ arg1: string, arg2: string }), (args) => ({
        messages: [said(`Prompt with arguments: arg1='${args.arg1}', arg2='${args.arg2}'`)],
    }));
    add('test_prompt_with_embedded_resource', 'A prompt with a resource', shape({ resourceUri: string }), (args) => {
        const resource = {
            uri: args.resourceUri,
            mimeType: 'text/plain',
            text: 'Embedded resource content for testing.',
        };
        const content = { type: 'resource', resource };
        return { messages: [{ role: 'user', content }, said('Please process the embedded resource above.')] };
    });
    add('test_prompt_with_image', 'A prompt with an image', undefined, () => ({
        messages: [{ role: 'user', content: image }, said('Please analyze the image above.')],
    }));
    add('test_input_required_result_prompt', 'A prompt that needs input', undefined, ({ mcpReq }) => {
        const given = sdk.acceptedContent(mcpReq.inputResponses, 'user_context');
        if (given) return { messages: [said(`In the context of ${given.context}`)] };
        const message = 'What context should the prompt use?';
        const user_context = sdk.inputRequired.elicit({ message, requestedSchema: object({ context: string }) });
        return sdk.inputRequired({ inputRequests: { user_context } });
    });
    const values = ['paris', 'park', 'party'];
    server.server.setRequestHandler('completion/complete', ({ params }) => {
        const fitting = values.filter((value) => value.startsWith(params.argument.value));
        return { completion: { values: fitting, total: fitting.length, hasMore: false } };
    });
}
