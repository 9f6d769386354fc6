"""A mail server that takes nothing without STARTTLS and a password, and nothing for gone@example.com.

mail.py FOLDER [plain]: with FOLDER/tls.pem and FOLDER/tls.key; `plain` knows no STARTTLS. Each mail
is a line on standard output.
"""

import email
import email.policy
import json
import os
import ssl
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

FOLDER = sys.argv[1]
PLAIN = sys.argv[2:] == ["plain"]


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address == "gone@example.com":
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        told = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "subject": mail["Subject"],
            "auto": mail["Auto-Submitted"],
            "text": mail.get_body().get_content(),
            "tls": session.ssl is not None,
            "user": session.auth_data.decode() if session.auth_data else None,
        }
        print("::mail " + json.dumps(told, ensure_ascii=False), flush=True)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and data.password == b"password of the test"
    return AuthResult(success=good, auth_data=data.login if good else None)


tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(os.path.join(FOLDER, "tls.pem"), os.path.join(FOLDER, "tls.key"))
protected = {} if PLAIN else {
    "tls_context": tls,
    "require_starttls": True,
    "authenticator": authenticate,
    "auth_required": True,
}
port = int(os.environ["PORT"])
controller = Controller(Handler(), hostname="127.0.0.1", port=port, **protected)
controller.start()
print(f"::port {port}.", flush=True)
threading.Event().wait()
