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
        "good", "slow", "wrong", "truncated", "hang" (never answers), "stall" (stops in
        the middle of the file), "404" or "500".
    """

    def __init__(self, body: bytes, answers: list[str]):
        self.body = body
        self.answers = answers
        self.n_requests = 0
        self.released = threading.Event()
        self._lock = threading.Lock()
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
        threading.Thread(
            target=self.server.serve_forever, args=(0.02,), daemon=True
        ).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        with self._lock:
            manner = self.answers[min(self.n_requests, len(self.answers) - 1)]
            self.n_requests += 1
        if manner == "hang":
            self.released.wait(20)
            return
        if manner in ("404", "500"):
            request.send_error(int(manner))
            return
        request.send_response(200)
        request.send_header("Content-Length", str(len(self.body)))
        request.end_headers()
        half = len(self.body) // 2
        if manner == "good":
            request.wfile.write(self.body)
        elif manner == "slow":
            request.wfile.write(self.body[:half])
            request.wfile.flush()
            time.sleep(0.7)
            request.wfile.write(self.body[half:])
        elif manner == "wrong":
            request.wfile.write(self.body[:-1] + b"!")
        else:  # truncated, stall
            request.wfile.write(self.body[:half])
            request.wfile.flush()
            if manner == "stall":
                self.released.wait(20)
            request.close_connection = True
