"""A web server on 127.0.0.1 that behaves well, badly, or badly at first."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FileServer:
    """Serve one file, in the manner of each answer in turn; the last one repeats.

    Parameters
    ----------
    body : bytes
        The right content of the file.
    answers : list of str
        "good", "slow", "wrong", "truncated", "hang" (never answers) or "500".
    """

    def __init__(self, body: bytes, answers: list[str]):
        self.body, self.answers, self.n_requests = body, answers, 0
        self.released = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):  # noqa: N802 - the name http.server wants
                outer.answer(self)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> FileServer:
        serve = self.server.serve_forever
        threading.Thread(target=serve, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        manner = self.answers[min(self.n_requests, len(self.answers) - 1)]
        self.n_requests += 1
        if manner == "hang":
            self.released.wait(20)
        elif manner == "500":
            request.send_error(500)
        else:
            request.send_response(200)
            request.send_header("Content-Length", str(len(self.body)))
            request.end_headers()
            time.sleep(0.7 * (manner == "slow"))
            cut = len(self.body) // 2 if manner == "truncated" else -1
            end = {"truncated": b"", "wrong": b"!"}.get(manner, self.body[-1:])
            request.wfile.write(self.body[:cut] + end)
            request.close_connection = True
