"""A model elsewhere: an endpoint of OpenAI's protocol that records every byte that it is sent and answers as told."""
import http.server
import json
import threading
import time


class Endpoint:
    """replies: functions that get the handler, one a request; the last one again and again."""

    def __init__(self):
        self.requests, self.replies = [], []
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                endpoint.requests.append({"path": self.path, "headers": dict(self.headers), "body": body.decode()})
                at = min(len(endpoint.requests), len(endpoint.replies)) - 1
                try:
                    endpoint.replies[at](self)
                except (BrokenPipeError, ConnectionResetError):
                    pass

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wire(self):
        return json.dumps(self.requests, ensure_ascii=False) + "".join(r["body"] for r in self.requests)


def stream(*pieces, pause=0.0):
    def reply(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        for piece in pieces:
            chunk = {"choices": [{"delta": {"content": piece}}]}
            handler.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
            handler.wfile.flush()
            time.sleep(pause)
        end = {"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 9, "completion_tokens": 4}}
        handler.wfile.write(b"data: " + json.dumps(end).encode() + b"\n\ndata: [DONE]\n\n")
    return reply


def status(code, **headers):
    def reply(handler):
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
    return reply
