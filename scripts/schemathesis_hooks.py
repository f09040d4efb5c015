"""What schemathesis must know besides the OpenAPI document. Named in schemathesis.toml.

All checks are on. A request that fits the schema may still be refused by a rule that no JSON schema can say; those rules
are listed below, by the words of the problem. Any other refusal of such a request is a finding.
"""

import json
import os
import re
import urllib.error
import urllib.request

import schemathesis

# Why a request that fits the schema may be refused.
RULES = [
    re.compile(rule)
    for rule in (
        # It depends on what was asked before, or on what is there.
        r"was used for another request",
        r"the cursor is not one that this list gave",
        r"there is no such (project|ticket|task|run|step|session|user|channel)",
        r"there is no project `.*`",
        r"is said by the server alone",
        r"only the server halts a loop; pause it",
        r"the file is empty",
        r"belongs to another project",
        # An export is many lines that belong together.
        r"its last line is missing",
        r"the first line of an export is its project",
        r"nobody knows this field",
        r"has a field that the platform [a-z]+ has not",
        r"must be given again: the one that is kept is not sent to another place",
        # It is said of addresses, of mail addresses and of what things are signed with.
        r"must be an address of HTTP",
        r"must be the whole address, not what is shown of it",
        r"must be a mail address",
        r"must be the name of a server",
        r"must be the token of a bot",
        r"must be `whsec_` and 24 to 64 bytes in base64",
        r"belongs to a (username|password)",
        r"a password is sent only by `tls` or `starttls`",
        r"`.*` leads to a private address; .*",
        # It depends on the kind of workspace, on what git takes for a branch, and on what is a directory.
        r"a scratch workspace is made in no path",
        r"is needed: the project names no `repo_path` to stand in for it",
        r"must be absolute: it begins with `/`",
        r"must not hold `\.\.`",
        r"must be one line",
        r"only a worktree is on a branch",
        r"is no name that git takes for a branch",
        # It depends on the clock.
        r"must lie ahead",
        # It depends on two fields.
        r"give user and password, or token, or code",
        r"give either text or bytes_base64",
        r"`If-Match` names another version than the body",
        r"belongs to a `status` of .*",
        r"must not be negative, and reasoning is a part of output",
        # It is how the number is written: for a schema, 1.0 is an integer.
        r"invalid type: floating point `[^`]+`, expected [iu][0-9]+",
    )
]


@schemathesis.hook
def filter_failure(_context, failure, case, response):
    """Keeps what is a finding: everything but a refusal by one of the rules, and what was put away and not deleted."""
    if failure.code == "ST202":
        return not is_by_a_rule(response)
    if failure.code == "ST301":
        return not is_put_away(case)
    return True


def is_put_away(case):
    """A project is archived by DELETE, unless it is told to purge; it can be read on."""
    found = re.match(r"/api/projects/[^/]+", case.formatted_path)
    try:
        return bool(found) and ask(found[0])["archived_at"] is not None
    except urllib.error.HTTPError:
        return False


def is_by_a_rule(response):
    if response.status_code not in (400, 422):
        return False
    errors = json.loads(response.content)["errors"]
    return bool(errors) and all(is_a_rule(error["detail"]) for error in errors)


def is_a_rule(detail):
    return any(rule.fullmatch(detail) for rule in RULES)


def ask(path):
    """What the server answers, apart from the cases."""
    request = urllib.request.Request(
        os.environ["DASHBOARD_SERVER"] + path,
        headers={"Authorization": "Bearer " + os.environ["DASHBOARD_TOKEN"]},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def own_token():
    """The id of the token that everything is asked with."""
    return ask("/api/tokens")[-1]["id"]


OWN_TOKEN = own_token()


@schemathesis.hook
def filter_path_parameters(_context, path_parameters):
    """Spares the token that everything is asked with: without it, every answer would be 401 and prove nothing."""
    return (path_parameters or {}).get("id") != OWN_TOKEN


@schemathesis.serializer("application/x-ndjson")
def lines(_context, value):
    """One line of JSON."""
    return json.dumps(value).encode()


@schemathesis.deserializer("application/x-ndjson")
@schemathesis.deserializer("application/octet-stream")
def octets(_context, response):
    """A download is any bytes."""
    return response.content.decode("latin-1")
