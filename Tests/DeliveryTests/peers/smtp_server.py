"""A real SMTP server (aiosmtpd, Debian's python3-aiosmtpd) on a free loopback port, for the tests of SMTPClient.

Prints its port, then one JSON line for each mail: envelope, and the message as Python's own email parser reads it. Ends when its standard
input is closed.

    smtp_server.py [--cert FILE --key FILE] [--tls starttls|tls] [--user NAME --password TEXT] [--auth PLAIN,LOGIN] [--refuse ADDRESS]
"""

import argparse
import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

parser = argparse.ArgumentParser()
parser.add_argument("--cert")
parser.add_argument("--key")
parser.add_argument("--tls", choices=["starttls", "tls"])
parser.add_argument("--user")
parser.add_argument("--password")
parser.add_argument("--auth", default="PLAIN,LOGIN")
parser.add_argument("--refuse", default="")
options = parser.parse_args()


def say(text):
    print(text, flush=True)


class Keeper:
    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address == options.refuse:
            return "550 5.1.1 no such person here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        say(
            json.dumps(
                {
                    "from": envelope.mail_from,
                    "to": envelope.rcpt_tos,
                    "subject": str(message["subject"]),
                    "header_from": str(message["from"]),
                    "headers": [name.lower() for name in message.keys()],
                    "id": str(message["message-id"]),
                    "date": message["date"].datetime.isoformat(),
                    "text": message.get_content(),
                    "defects": [str(defect) for defect in message.defects],
                    "longest_line": max(len(line) for line in envelope.content.split(b"\r\n")),
                    "is_ascii": envelope.content.isascii(),
                    "encrypted": session.ssl is not None or options.tls == "tls",
                    "login": bool(session.authenticated),
                }
            )
        )
        return "250 OK"


def check(server, session, envelope, mechanism, data):
    right = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == (options.user, options.password)
    return AuthResult(success=right, handled=not right and False)


async def main():
    context = None
    if options.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.cert, options.key)
    excluded = [name for name in ("PLAIN", "LOGIN") if name not in options.auth.split(",")]

    def make():
        return SMTP(
            Keeper(),
            tls_context=context if options.tls == "starttls" else None,
            require_starttls=options.tls == "starttls",
            auth_required=options.user is not None,
            auth_require_tls=options.tls == "starttls",
            authenticator=check if options.user else None,
            auth_exclude_mechanism=excluded,
        )

    server = await asyncio.get_running_loop().create_server(
        make, "127.0.0.1", 0, ssl=context if options.tls == "tls" else None
    )
    say(server.sockets[0].getsockname()[1])
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


asyncio.run(main())
