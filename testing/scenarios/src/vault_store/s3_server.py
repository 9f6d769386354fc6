"""An S3 server with users, policies and signatures, on two ports: plain, and behind TLS.

Its first argument is a directory with tls.pem and tls.key. A line on its standard input switches the checks of
signatures and policies on or off, or lets a thief in.
"""

import hashlib
import json
import sys
import threading

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from flask import request
from moto import settings
from moto.iam import access_control
from moto.s3.models import s3_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

directory = sys.argv[1]


def check(on):
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0 if on else float("inf")


# moto looks at addresses after they were decoded; signatures are of what was sent.
begin = access_control.IAMRequestBase.__init__


def begin_with_what_was_sent(self, path, **rest):
    begin(self, path=request.environ["RAW_URI"], **rest)


access_control.IAMRequestBase.__init__ = begin_with_what_was_sent

application = DomainDispatcherApplication(create_backend_app)
plain = make_server("127.0.0.1", 0, application, threaded=True)
secure = make_server(
    "127.0.0.1", 0, application, threaded=True,
    ssl_context=(f"{directory}/tls.pem", f"{directory}/tls.key"),
)
for server in (plain, secure):
    threading.Thread(target=server.serve_forever, daemon=True).start()

check(False)
options = dict(
    endpoint_url=f"http://127.0.0.1:{plain.port}", region_name="us-east-1",
    aws_access_key_id="setup", aws_secret_access_key="setup",
)
s3, iam = boto3.client("s3", **options), boto3.client("iam", **options)
s3.create_bucket(Bucket="plain")
s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
# More than three pages of a list hold, and what is no object.
backend = s3_backends["123456789012"]["aws"]
for number in range(3500):
    digest = hashlib.sha256(b"%d" % number).hexdigest()
    backend.put_object("plain", f"many & more/keys/{digest}", b"key")
backend.put_object("plain", "many & more/keys/README", b"none")


def user(name, actions):
    iam.create_user(UserName=name)
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"key_id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}


users = {
    "all": user("all", ["s3:*"]),
    "append": user("append", ["s3:ListBucket", "s3:GetObject", "s3:PutObject"]),
    "prune": user("prune", ["s3:ListBucket", "s3:GetObject", "s3:DeleteObject"]),
}
print("::users " + json.dumps(users))
print(f"::secure {secure.port};")
print(f"::port {plain.port}.", flush=True)


def thief():
    """Who has the nightly copy's credentials does what he can to a bucket with versions."""
    credentials = users["append"]
    options = dict(
        endpoint_url=f"http://127.0.0.1:{plain.port}", region_name="us-east-1",
        aws_access_key_id=credentials["key_id"], aws_secret_access_key=credentials["secret"],
        config=Config(request_checksum_calculation="when_required"),
    )
    his, bucket = boto3.client("s3", **options), "locked"
    written = refused = 0
    for key in [found["Key"] for found in his.list_objects_v2(Bucket=bucket)["Contents"]]:
        for version in (None, *versions.get(key, [])):
            try:
                his.delete_object(Bucket=bucket, Key=key, **({"VersionId": version} if version else {}))
            except ClientError as error:
                assert error.response["Error"]["Code"] == "AccessDenied", error
                refused += 1
        his.put_object(Bucket=bucket, Key=key, Body=b"nothing", ContentMD5="Pke3UACwkktsm6V1mnzxXQ==")
        written += 1
    return written, refused


def first_versions():
    """The oldest version of each object."""
    found = {}
    for page in s3.get_paginator("list_object_versions").paginate(Bucket="locked"):
        assert not page.get("DeleteMarkers"), page
        for version in page["Versions"]:
            found.setdefault(version["Key"], []).append(version["VersionId"])
    return found


for line in sys.stdin:
    if line.strip() == "thief":
        check(False)
        versions = first_versions()
        check(True)
        written, refused = thief()
        check(False)
        whole = 0
        for key, (oldest, *_) in versions.items():
            content = s3.get_object(Bucket="locked", Key=key, VersionId=oldest)["Body"].read()
            whole += key.endswith(hashlib.sha256(content).hexdigest()) or key.endswith("config")
        print(f"::thief {written} written over, {refused} refused, {whole} of {len(versions)} whole", flush=True)
        continue
    check(line.strip() == "on")
    print(f"::checks {line.strip()}", flush=True)
