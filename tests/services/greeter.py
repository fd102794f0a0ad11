"""A gRPC server: unary calls, streams, refusals, and a call that never answers.

Prints its port. Ends when its standard input does.
"""

import os
import sys
import threading
from concurrent import futures

import grpc

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
messages, services = grpc.protos_and_services("greeter.proto")


class Greeter(services.GreeterServicer):
    def SayHello(self, request, context):
        if request.name == "nobody":
            context.abort(grpc.StatusCode.NOT_FOUND, "there is nobody of this name")
        if request.name == "locked" and dict(context.invocation_metadata()).get("authorization") != "Bearer t0ken":
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "who are you?")
        if request.name == "silent":
            gone = threading.Event()
            context.add_callback(gone.set)
            print("left" if context.time_remaining() is not None and context.time_remaining() < 3600 else "endless", flush=True)
            gone.wait()
            print("gone", flush=True)
        if request.name == "large":
            return messages.Reply(text="x" * (20 * 1024 * 1024))
        return messages.Reply(text=f"Hello {request.name}, {request.mood}", count=2**53 + 1)

    def Count(self, request, context):
        for number in range(request.times):
            yield messages.Reply(text=request.name, count=number)

    def Collect(self, requests, context):
        names = [request.name for request in requests]
        return messages.Reply(text=" ".join(names), count=len(names))

    def Chat(self, requests, context):
        for number, request in enumerate(requests):
            yield messages.Reply(text=f"Hello {request.name}", count=number)


server = grpc.server(futures.ThreadPoolExecutor(max_workers=8), options=[("grpc.max_send_message_length", -1)])
services.add_GreeterServicer_to_server(Greeter(), server)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(port, flush=True)
sys.stdin.read()
os._exit(0)
