"""Serves pages of a test's own on a free port of this machine, as another site would."""
import contextlib
import http.server
import threading


@contextlib.contextmanager
def site(pages, policy=None):
    """pages maps paths to text, policy is their Content-Security-Policy; yields the port."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            path = self.path.split("?")[0]
            self.send_response(200 if path in pages else 204 if path == "/favicon.ico" else 404)
            self.send_header("Content-Type", "text/javascript" if path.endswith(".js") else "text/html; charset=utf-8")
            if policy:
                self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(pages.get(path, "").encode())

        def log_message(self, *_):
            """Silent."""

    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    try:
        yield httpd.server_address[1]
    finally:
        httpd.shutdown()
        httpd.server_close()
