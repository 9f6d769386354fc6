"""What a webhook and three robots talk to: it checks forms and signatures for itself.

receiver.py FOLDER: with FOLDER/tls.pem and FOLDER/tls.key. While FOLDER/down is there it answers
that it is out of order. Each request is a line on standard output.
"""

import base64
import hashlib
import hmac
import http.server
import json
import os
import ssl
import sys
import threading
import time
import urllib.parse

FOLDER = sys.argv[1]
SECRET = "SECof-the-test"
TOKEN = "token-of-the-test"
seen = {}
saying = threading.Lock()


def mac(key, message):
    return hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()


def near(seconds):
    return abs(time.time() - seconds) < 60


def dingtalk(query, headers, body):
    at, sign = query["timestamp"][0], query["sign"][0]
    wanted = base64.b64encode(mac(SECRET, f"{at}\n{SECRET}")).decode()
    assert query["access_token"] == [TOKEN], "token"
    assert near(int(at) / 1000) and hmac.compare_digest(sign, wanted), "signature"
    assert len(body) <= 20000, "too long"
    message = json.loads(body)
    assert message["msgtype"] == "text"
    return message["text"]["content"]


def wecom(query, headers, body):
    assert query["key"] == [TOKEN], "token"
    message = json.loads(body)
    assert message["msgtype"] == "text"
    assert len(message["text"]["content"].encode()) <= 2048, "too long"
    return message["text"]["content"]


def feishu(query, headers, body):
    message = json.loads(body)
    at, sign = message["timestamp"], message["sign"]
    wanted = base64.b64encode(mac(f"{at}\n{SECRET}", "")).decode()
    assert near(int(at)) and hmac.compare_digest(sign, wanted), "signature"
    assert len(body) <= 20 * 1024, "too long"
    assert message["msg_type"] == "text"
    return message["content"]["text"]


def webhook(query, headers, body):
    at, sign = headers["X-Zshield-Timestamp"], headers["X-Zshield-Signature"]
    wanted = "sha256=" + hmac.new(
        SECRET.encode(), at.encode() + b"." + body, hashlib.sha256
    ).hexdigest()
    assert near(int(at)) and hmac.compare_digest(sign, wanted), "signature"
    return [[event["number"], event["what"], event["id"]] for event in json.loads(body)["events"]]


KINDS = {"/dingtalk": dingtalk, "/wecom": wecom, "/feishu": feishu, "/webhook": webhook}


def say(kind, word, what):
    # Each request has a thread of its own, and print writes a line's end apart from the line.
    with saying:
        print(f"::{kind} {word} {json.dumps(what)}", flush=True)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        address = urllib.parse.urlsplit(self.path)
        kind = address.path.strip("/")
        body = self.rfile.read(int(self.headers["Content-Length"]))
        times = seen.setdefault(kind, [])
        times[:] = [at for at in times if time.monotonic() - at < 60] + [time.monotonic()]
        if os.path.exists(os.path.join(FOLDER, "down")):
            say(kind, "down", "")
            return self.answer(503, {})
        try:
            assert len(times) <= 20, "too many within a minute"
            told = KINDS[address.path](urllib.parse.parse_qs(address.query), self.headers, body)
        except Exception as error:
            say(kind, "WRONG", repr(error))
            return self.answer(200, {"errcode": 310000, "code": 19021})
        say(kind, "told", told)
        self.answer(200, {"errcode": 0, "errmsg": "ok", "code": 0, "msg": "success"})

    def answer(self, status, json_body):
        body = json.dumps(json_body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(os.path.join(FOLDER, "tls.pem"), os.path.join(FOLDER, "tls.key"))
server.socket = tls.wrap_socket(server.socket, server_side=True)
print(f"::port {server.server_address[1]}.", flush=True)
server.serve_forever()
