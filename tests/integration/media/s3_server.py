"""An S3 server of our own, in a process of its own: it checks signatures, and can be killed.

Run as a program it serves until its standard input ends, after one line of JSON: where it is and who may use it.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

BUCKET = "media"
REGION = "eu-central-1"
_ANYTHING_WITH_FILES = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}


@dataclass
class S3Server:
    port: int
    key: str
    secret: str
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def url(self, *, key: str | None = None, secret: str | None = None, bucket: str = BUCKET, prefix: str = "") -> str:
        login = f"{quote(key or self.key, safe='')}:{quote(secret or self.secret, safe='')}"
        return f"s3://{login}@{bucket}/{prefix}?endpoint={self.endpoint}&region={REGION}"

    def objects(self) -> list[str]:
        """The names of what readers can see."""
        return [found["Key"] for found in self._client().list_objects_v2(Bucket=BUCKET).get("Contents", [])]

    def unfinished(self) -> list[str]:
        """The names of uploads that were neither ended nor aborted."""
        return [upload["Key"] for upload in self._uploads()]

    def abort_unfinished(self) -> None:
        for upload in self._uploads():
            self._client().abort_multipart_upload(Bucket=BUCKET, Key=upload["Key"], UploadId=upload["UploadId"])

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def _uploads(self) -> list[dict[str, str]]:
        uploads: list[dict[str, str]] = self._client().list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
        return uploads

    def _client(self) -> Any:
        return client("s3", self.endpoint, self.key, self.secret)


@contextmanager
def running() -> Iterator[S3Server]:
    with subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout
        assert process.stdin
        try:
            yield S3Server(**json.loads(process.stdout.readline()), process=process)
        finally:
            process.kill()


def client(service: str, endpoint: str, key: str, secret: str) -> Any:
    import boto3

    return boto3.client(
        service, endpoint_url=endpoint, region_name=REGION, aws_access_key_id=key, aws_secret_access_key=secret
    )


def serve() -> None:
    from moto import settings
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    port = server.get_host_and_port()[1]
    endpoint = f"http://127.0.0.1:{port}"
    users = client("iam", endpoint, "anybody", "anything")
    users.create_user(UserName="socialfeed")
    users.put_user_policy(UserName="socialfeed", PolicyName="files", PolicyDocument=json.dumps(_ANYTHING_WITH_FILES))
    made = users.create_access_key(UserName="socialfeed")["AccessKey"]
    key, secret = made["AccessKeyId"], made["SecretAccessKey"]
    client("s3", endpoint, key, secret).create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0  # from now on, every request must be signed
    print(json.dumps({"port": port, "key": key, "secret": secret}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    serve()
