"""The Python SDK as a client.

The job is in the first argument, the report goes to standard output: both are described in README.md.
"""

import asyncio
import json
import os
import sys

import mcp


async def call(client, tool, arguments):
    """Makes one call and says what came of it."""
    try:
        result = await client.call_tool(tool, arguments)
    except mcp.MCPError as error:
        return {"outcome": "error", "code": error.code, "text": error.message}
    text = "\n".join(getattr(part, "text", "") for part in result.content)
    return {"outcome": "refused" if result.is_error else "answered", "text": text}


async def main(job):
    """Connects, lists, calls."""
    if "url" in job:
        target = job["url"]
    else:
        command, *arguments = job["command"]
        target = mcp.StdioServerParameters(command=command, args=arguments, env=dict(os.environ))
        target = mcp.stdio_client(target)
    async with mcp.Client(target, mode=job["mode"]) as client:
        tools = [tool.name for tool in (await client.list_tools()).tools]
        calls = [await call(client, entry["tool"], entry["arguments"]) for entry in job["calls"]]
        print(json.dumps({"version": client.protocol_version, "tools": tools, "calls": calls}))


asyncio.run(main(json.loads(sys.argv[1])))
