"""An HTTP server on this machine that misbehaves on request."""

import hashlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Answers:
    """The content of the server, its faults, and the requests that it received.

    Attributes
    ----------
    content : bytes
        Content of every path.
    faults : list of callables
        Each answers one request, in order, and gets the handler; later requests are answered properly.
    ranges : bool
        Whether the server honours the header Range.
    tagged : bool
        Whether the server sends an ETag.
    seen : list of (path, range)
        Requests so far.
    """

    def __init__(self, content):
        self.content = content
        self.faults = []
        self.ranges = True
        self.tagged = True
        self.seen = []
        self.release = threading.Event()

    @property
    def tag(self):
        return f'"{hashlib.sha256(self.content).hexdigest()[:16]}"'

    @property
    def n_requests(self):
        return len(self.seen)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        answers = self.server.answers
        answers.seen.append((self.path, self.headers.get("Range")))
        if answers.faults:
            answers.faults.pop(0)(self)
        else:
            self.send_content()

    def send_content(self):
        answers = self.server.answers
        start = 0
        wanted = self.headers.get("Range")
        condition = self.headers.get("If-Range")
        if answers.ranges and wanted and condition in (None, answers.tag):
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(answers.content):
                return self.send_whole(416, b"", {"Content-Range": f"bytes */{len(answers.content)}"})
        headers = {"ETag": answers.tag} if answers.tagged else {}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(answers.content) - 1}/{len(answers.content)}"
            return self.send_whole(206, answers.content[start:], headers)
        return self.send_whole(200, answers.content, headers)

    def send_whole(self, status, body, headers=(), length=None):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Print nothing."""


def status(code, body=b"nothing here", headers=()):
    """Return a fault that answers with this status."""
    return lambda handler: handler.send_whole(code, body, headers)


def page(handler):
    """Answer with a web page, as a login or a captive portal does."""
    handler.send_whole(200, b"<!DOCTYPE html><html><body>Please log in</body></html>", {"Content-Type": "text/html"})


def truncated(n_bytes):
    """Return a fault that sends the beginning of the content, promises all of it, and closes the connection."""

    def answer(handler):
        answers = handler.server.answers
        headers = {"ETag": answers.tag} if answers.tagged else {}
        handler.send_whole(200, answers.content[:n_bytes], headers, length=len(answers.content))
        handler.close_connection = True

    return answer


def stalled(n_bytes):
    """Return a fault that sends the beginning of the content, and then nothing, with an open connection."""

    def answer(handler):
        answers = handler.server.answers
        handler.send_whole(200, answers.content[:n_bytes], {"ETag": answers.tag}, length=len(answers.content))
        handler.wfile.flush()
        answers.release.wait(20)
        handler.close_connection = True

    return answer


def slow(handler):
    """Answer properly, a few bytes at a time."""
    content = handler.server.answers.content
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    for start in range(0, len(content), 1 + len(content) // 8):
        handler.wfile.write(content[start : start + 1 + len(content) // 8])
        handler.wfile.flush()
        time.sleep(0.05)


def unsized(handler):
    """Answer properly without the length, in chunks."""
    content = handler.server.answers.content
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for part in (content[: len(content) // 2], content[len(content) // 2 :]):
        handler.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
    handler.wfile.write(b"0\r\n\r\n")


def torn_chunks(handler):
    """Answer without the length, and close the connection in the middle."""
    content = handler.server.answers.content
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    half = content[: len(content) // 2]
    handler.wfile.write(f"{len(half):x}\r\n".encode() + half + b"\r\n")
    handler.close_connection = True


def redirected(handler):
    """Answer with the address of the content."""
    handler.send_whole(302, b"", {"Location": "/elsewhere.zip"})


def in_circles(handler):
    """Answer with the same address, always."""
    handler.server.answers.faults.append(in_circles)
    handler.send_whole(302, b"", {"Location": handler.path})


def wrong_range(handler):
    """Answer a request for a range with another range."""
    content = handler.server.answers.content
    headers = {"Content-Range": f"bytes 0-{len(content) - 1}/{len(content)}"}
    handler.send_whole(206, content, headers)


def run_server(content):
    """Start a server; return it and its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.answers = Answers(content)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"
