"""What two policies of Python's email package show of each message on standard input.

One message in base64 a line; for each a line of JSON: by policy, the parts and the sender.
"""
import base64
import email
import email.policy
import email.utils
import hashlib
import json
import sys


def parts(message):
    found = []
    for part in message.walk():
        if part.is_multipart():
            continue
        payload = part.get_payload(decode=True) or b""
        digest = hashlib.sha256(payload.replace(b"\r\n", b"\n").strip()).hexdigest()
        found.append([part.get_content_type(), digest])
    return found


def sender(message):
    return [address for _, address in email.utils.getaddresses(message.get_all("From", []))]


def modern_sender(message):
    fields = message.get_all("From", [])
    return [address.addr_spec for field in fields for address in field.addresses]


def shown(octets):
    old = email.message_from_bytes(octets, policy=email.policy.compat32)
    new = email.message_from_bytes(octets, policy=email.policy.default)
    return {
        "compat32": [parts(old), sender(old)],
        "default": [parts(new), modern_sender(new)],
    }


for line in sys.stdin:
    try:
        answer = shown(base64.b64decode(line))
    except Exception as error:  # a reader that stops shows nothing
        answer = {"compat32": repr(error), "default": repr(error)}
    print(json.dumps(answer), flush=True)
