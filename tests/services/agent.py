"""An agent that speaks A2A for tests, of the versions 0.3 and 1.0. Prints its address.

It answers each message with a task whose artifact is what it was told; "fail" makes it fail.
"""

import asyncio
import socket

import uvicorn
from a2a.server.agent_execution import AgentExecutor
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import AgentCapabilities, AgentCard, AgentInterface, AgentSkill, Part, Task, TaskState, TaskStatus
from starlette.applications import Starlette


class Echo(AgentExecutor):
    async def execute(self, context, event_queue):
        text = context.get_user_input()
        status = TaskStatus(state=TaskState.TASK_STATE_SUBMITTED)
        await event_queue.enqueue_event(Task(id=context.task_id, context_id=context.context_id, status=status))
        updater = TaskUpdater(event_queue, context.task_id, context.context_id)
        await updater.start_work()
        if text == "fail":
            await updater.failed()
            return
        await updater.add_artifact([Part(text=f"you said: {text}")], name="echo")
        await updater.complete()

    async def cancel(self, context, event_queue):
        await TaskUpdater(event_queue, context.task_id, context.context_id).cancel()


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen()
address = f"http://127.0.0.1:{listener.getsockname()[1]}"


def card(version):
    return AgentCard(
        name="echo",
        description="Says what it was told.",
        version="1.0.0",
        supported_interfaces=[AgentInterface(url=f"{address}/", protocol_binding="JSONRPC", protocol_version=version)],
        capabilities=AgentCapabilities(streaming=True),
        default_input_modes=["text/plain"],
        default_output_modes=["text/plain"],
        skills=[AgentSkill(id="echo", name="echo", description="Says what it was told.", tags=["echo"])],
    )


handler = DefaultRequestHandler(agent_executor=Echo(), task_store=InMemoryTaskStore(), agent_card=card("1.0"))
routes = [
    *create_agent_card_routes(card("0.3"), card_url="/old/card.json"),
    *create_agent_card_routes(card("1.0"), card_url="/new/card.json"),
    *create_jsonrpc_routes(handler, "/", enable_v0_3_compat=True),
]
server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level="error"))
print(address, flush=True)
asyncio.run(server.serve(sockets=[listener]))
