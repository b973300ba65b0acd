"""The operations around people: statements, exceptions, auditor links, and the pages of auditors and of the console."""

from api.openapi_paths import FILE, ON, PART, RANGE, RUN, limit
from api.openapi_words import HTML, JSON, PROBLEM, TOKEN, ZIP, Schema, body, operation, path, query, ref, text
from api.statements import ENDINGS

ID, LINK = path("id", "Id"), path("link", "Id of the link")
WRITES = (400, 413, 415, 422)


def paths() -> dict[str, dict[str, Schema]]:
    """Path -> method -> operation."""
    return {**_statements(), **_exceptions(), **_links(), **_auditor(), **_console()}


def _statement_writes() -> tuple[Schema, Schema, Schema, Schema]:
    """Create, revise, attach, approve."""
    tag = "statements"
    draft = body(ref("StatementDraft"), "What is stated; who hands it in is taken from the caller")
    sent = {"name": "body", "in": "body", "required": True, "description": "The file's bytes", "schema": {"type": "string", "format": "binary"}}
    create = operation(
        "CreateStatement", "Record a statement", {201: ref("Statement")}, draft, TOKEN,
        tag=tag, level="admin", consumes=JSON, refuses=(*WRITES, 409), visible="important",
    )  # fmt: skip
    revise = operation(
        "ReviseStatement", "Record the next version", {201: ref("Statement")}, ID, draft, TOKEN,
        about="Of a statement that is in force. What a second person rejected stays rejected until a second person approves the new version.",
        tag=tag, level="admin", consumes=JSON, refuses=(*WRITES, 404, 409),
    )  # fmt: skip
    attach = operation(
        "AttachDocument", "Attach the file behind a statement", {201: ref("Statement")}, ID, sent, TOKEN,
        about="Makes the next version. PDF, PNG, JPEG, DOCX, XLSX or TXT; the content type is checked against the bytes; 25 MB at most.",
        tag=tag, level="admin", consumes=tuple(sorted(ENDINGS)), refuses=(404, 409, 413, 415, 422),
    )  # fmt: skip
    approve = operation(
        "ApproveStatement", "A second person's word", {200: ref("Statement")}, ID, body(ref("SecondWord"), "The word"), TOKEN,
        about="Needs a signed-in person with the role Scanner.Approver or Scanner.Administrator, who neither handed in nor vouches for any version. "
        "Only what a signed-in person handed in can be approved.",
        tag=tag, consumes=JSON, refuses=(*WRITES, 404, 409),
    )  # fmt: skip
    return create, revise, attach, approve


def _statements() -> dict[str, dict[str, Schema]]:
    tag, one = "statements", "/v1/statements/{id}"
    create, revise, attach, approve = _statement_writes()
    kinds = query("type", "Only these types, with commas between")
    status = query("status", "Only these, with commas between: active, superseded, withdrawn")
    listed = operation("ListStatements", "Statements", {200: ref("StatementList")}, kinds, status, limit(200, 100), ON, tag=tag, refuses=(400,))
    version = query("version", "Which version's file; the newest version's unless said", type="integer", minimum=1, maximum=999999)
    withdraw = operation(
        "WithdrawStatement", "Take a statement back", {200: ref("Statement")}, ID, TOKEN, tag=tag, level="admin", refuses=(404, 409, 422)
    )
    document = operation(
        "GetDocument",
        "The file behind a statement",
        {200: FILE},
        ID,
        version,
        TOKEN,
        tag=tag,
        produces=(*sorted(ENDINGS), PROBLEM),
        refuses=(400, 404),
    )
    return {
        "/v1/statement-types": {
            "get": operation("ListStatementTypes", "Types of statements, and what is due", {200: ref("StatementTypes")}, tag=tag)
        },
        "/v1/statements": {"get": listed, "post": create},
        one: {"get": operation("GetStatement", "One statement", {200: ref("Statement")}, ID, tag=tag, refuses=(404,)), "delete": withdraw},
        f"{one}/versions": {"post": revise},
        f"{one}/document": {"get": document, "post": attach},
        f"{one}/approval": {"post": approve},
    }


def _exceptions() -> dict[str, dict[str, Schema]]:
    tag, one = "exceptions", "/v1/exceptions/{id}"
    status = query("status", "Only these, with commas between: pending, approved, withdrawn")
    controls = query("control", "Only about these controls, with commas between")
    listed = operation("ListExceptions", "Exceptions", {200: ref("ExceptionList")}, status, controls, limit(200, 100), ON, tag=tag, refuses=(400,))
    create = operation(
        "CreateException", "Propose an exception", {201: ref("Exception")}, body(ref("ExceptionDraft"), "What is decided"), TOKEN,
        about="Its owner is the person whose token comes along. It has no effect until somebody else approves it.",
        tag=tag, level="admin", consumes=JSON, refuses=(*WRITES, 409),
    )  # fmt: skip
    revise = operation(
        "ReviseException", "Propose the next version", {201: ref("Exception")}, ID, body(ref("ExceptionDraft"), "What is decided"), TOKEN,
        about="Its owner is the person whose token comes along. The fail is back until somebody else approves it. Control and kind stay.",
        tag=tag, level="admin", consumes=JSON, refuses=(*WRITES, 404, 409),
    )  # fmt: skip
    approve = operation(
        "ApproveException", "Approve an exception", {200: ref("Exception")}, ID, TOKEN,
        about="Needs a signed-in person with the role Scanner.Approver or Scanner.Administrator, other than the owner of any of its versions.",
        tag=tag, refuses=(404, 409, 422),
    )  # fmt: skip
    withdraw = operation(
        "WithdrawException", "Take an exception back", {200: ref("Exception")}, ID, TOKEN, tag=tag, level="admin", refuses=(404, 409, 422)
    )
    return {
        "/v1/exceptions": {"get": listed, "post": create},
        one: {"get": operation("GetException", "One exception", {200: ref("Exception")}, ID, tag=tag, refuses=(404,)), "delete": withdraw},
        f"{one}/versions": {"post": revise},
        f"{one}/approval": {"post": approve},
    }


def _links() -> dict[str, dict[str, Schema]]:
    tag, one = "sharing", "/v1/auditor-links/{id}"
    wish = body(ref("LinkWish"), "Who gets it, what it opens, until when")
    create = operation(
        "CreateAuditorLink", "Share with an auditor", {201: ref("AuditorLink")}, wish, TOKEN,
        about="The whole link is in this answer and nowhere else.", tag=tag, level="admin", consumes=JSON, refuses=WRITES, visible="important",
    )  # fmt: skip
    revoke = operation("RevokeAuditorLink", "End a link at once", {200: ref("AuditorLink")}, ID, TOKEN, tag=tag, level="admin", refuses=(404,))
    month = query("month", "Year and month, such as 202611; this month unless said")
    log = operation("ListAccesses", "Who fetched what", {200: ref("AccessLog")}, month, limit(500, 100), ON, tag=tag, level="admin", refuses=(400,))
    listed = operation(
        "ListAuditorLinks", "Links that were given out, newest first", {200: ref("AuditorLinks")}, limit(500, 100), ON,
        tag=tag, level="admin", refuses=(400,),
    )  # fmt: skip
    session = operation("CreateConsoleSession", "A one-time sign-in link", {201: ref("ConsoleSession")}, TOKEN, tag=tag, level="admin")
    return {
        "/v1/auditor-links": {
            "get": listed,
            "post": create,
        },
        one: {
            "get": operation("GetAuditorLink", "One link", {200: ref("AuditorLink")}, ID, tag=tag, level="admin", refuses=(404,)),
            "delete": revoke,
        },
        "/v1/access-log": {"get": log},
        "/v1/console-sessions": {"post": session},
    }


def _auditor() -> dict[str, dict[str, Schema]]:
    key = query("key", "The link's secret; or send it as a bearer token")
    refuses = (401, 404, 410, 429)

    def get(
        name: str, summary: str, answers: dict[int, Schema | None], *parameters: Schema, produces: tuple[str, ...], also: tuple[int, ...] = ()
    ) -> Schema:
        return operation(
            name, summary, {**answers, 303: None}, LINK, *parameters, key,
            tag="auditors", level="anonymous", produces=produces, refuses=(*refuses, *also), visible="internal",
        )  # fmt: skip

    def package(name: str, *parameters: Schema) -> dict[str, Schema]:
        answers: dict[int, Schema | None] = {200: FILE, 206: FILE, 302: None}
        kinds, also = (ZIP, HTML, PROBLEM), (400, 403, 413, 416)
        return {
            "get": get(name, "The signed package", answers, *parameters, PART, RANGE, produces=kinds, also=also),
            "head": get(f"{name}Head", "Size and digests", {200: None}, *parameters, PART, produces=kinds, also=(400,)),
        }

    base, page = "/auditor/{link}", {200: text("One page of HTML")}
    return {
        base: {"get": get("AuditorPage", "What a link opens", {200: ref("Shared")}, ON, produces=(JSON, HTML, PROBLEM), also=(400,))},
        f"{base}/package": package("AuditorPackage"),
        f"{base}/report": {"get": get("AuditorReport", "The report", {**page}, produces=(HTML, PROBLEM))},
        f"{base}/runs/{{run}}/package": package("AuditorRunPackage", RUN),
        f"{base}/runs/{{run}}/report": {"get": get("AuditorRunReport", "The report of a run", {**page}, RUN, produces=(HTML, PROBLEM))},
    }


def _console() -> dict[str, dict[str, Schema]]:
    page, name, verb = text("One page of HTML"), path("page", "Name of the page"), path("verb", "What the button says")
    forms = ("application/x-www-form-urlencoded", "multipart/form-data")

    def made(operation_id: str, summary: str, statuses: tuple[int, ...], *parameters: Schema, form: bool = False, always: bool = False) -> Schema:
        answers: dict[int, Schema | None] = {status: None if status == 303 else page for status in statuses if status < 400}
        found = operation(
            operation_id, summary, answers, *parameters,
            tag="console", level="anonymous", produces=(HTML, PROBLEM), consumes=forms if form else (), visible="internal", always=always,
        )  # fmt: skip
        found["responses"] |= {str(status): {"description": "A page that says why.", "schema": page} for status in statuses if status >= 400}
        return found

    sends = (303, 400, 401, 403, 404, 413, 415)
    return {
        "/console": {"get": made("ConsoleHome", "Today", (200, 401, 403))},
        "/console/sign-in": {
            "get": made("ConsoleSignInPage", "The page behind a sign-in link", (200,), query("key", "The link's secret"), always=True),
            "post": made("ConsoleSignIn", "Sign in", (303, 400, 410, 413, 415), form=True),
        },
        "/console/{page}": {
            "get": made("ConsolePage", "A page", (200, 400, 401, 403, 404), name),
            "post": made("ConsoleSubmit", "A form", (200, 201, 422, *sends), name, form=True),
        },
        "/console/{page}/{id}/{verb}": {"post": made("ConsoleAct", "A button", (*sends, 409), name, ID, verb, form=True)},
    }
