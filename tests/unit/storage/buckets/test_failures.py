"""What object stores say, in our words."""

from __future__ import annotations

import pytest
from obstore.exceptions import GenericError, NotSupportedError, PermissionDeniedError

from lineal.objects.errors import Denied, Invalid, LinealError, NotFound, Unavailable
from lineal.storage.buckets.failures import failure, short, told

ANSWERED = (
    "Generic S3 error: Error performing PUT http://host/b/a?sig=HUSH in 5ms - Server returned non-2xx status code: {}"
)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (FileNotFoundError("Object at location a not found: …"), NotFound),
        (GenericError(ANSWERED.format("404 Not Found: <Error><Code>NoSuchBucket</Code></Error>")), NotFound),
        (GenericError(ANSWERED.format("403 Forbidden: <Error><Code>InvalidAccessKeyId</Code></Error>")), Denied),
        (
            GenericError(
                ANSWERED.format(
                    "403 Forbidden: <Error><Code>AuthorizationFailure</Code><Message>Server failed.\nRequestId:1\nTime:2"
                    "</Message></Error>"
                )
            ),
            Denied,
        ),
        (PermissionDeniedError("The operation lacked the necessary privileges"), Denied),
        (GenericError("Error performing PUT http://169.254.1.1/latest/api/token in 1ms - HTTP error"), Denied),
        (GenericError(ANSWERED.format("400 Bad Request: <Error><Code>InvalidArgument</Code></Error>")), Invalid),
        (GenericError("Received redirect without LOCATION, this indicates an incorrectly configured region"), Invalid),
        (NotSupportedError("Operation not supported: Range request not supported by a/b"), Invalid),
        (GenericError(ANSWERED.format("501 Not Implemented: ")), Invalid),
        (GenericError(ANSWERED.format("503 Service Unavailable: <Error><Code>SlowDown</Code></Error>")), Unavailable),
        (GenericError(ANSWERED.format("429 Too Many Requests: ")), Unavailable),
        (GenericError("Generic S3 error: HTTP error: error sending request"), Unavailable),
    ],
)
def test_every_failure_is_told_by_its_kind_with_a_hint_and_without_what_was_signed(
    error: Exception, kind: type[LinealError]
) -> None:
    found = failure(error, url="s3://bucket", key="a", hint="set the variables")

    assert kind is type(found)
    assert isinstance(found, LinealError)
    assert "s3://bucket" in found.message
    assert found.hint
    assert "HUSH" not in found.message + found.hint
    assert "\n" not in found.message


@pytest.mark.parametrize(
    ("answer", "kind", "message", "hint"),
    [
        ("403 Forbidden: <Error><Code>RequestTimeTooSkewed</Code></Error>", Denied, "clock", "set the clock"),
        ("403 Forbidden: <Error><Code>QuotaExceeded</Code></Error>", Unavailable, "takes no more", "quota raised"),
        ("507 Insufficient Storage: ", Unavailable, "takes no more", "make room"),
        ("403 Forbidden: <Error><Code>AccessDenied</Code></Error>", Denied, "let us do that", "ask its owner"),
        ("403 Forbidden: <Error><Code>SignatureDoesNotMatch</Code></Error>", Denied, "let us in", "set the variables"),
        ("503 Slow Down: <Error><Code>SlowDown</Code></Error>", Unavailable, "could not answer", "wait a while"),
    ],
)
def test_the_next_step_is_that_of_what_went_wrong(
    answer: str, kind: type[LinealError], message: str, hint: str
) -> None:
    found = failure(GenericError(ANSWERED.format(answer)), url="s3://bucket", key="a", hint="set the variables")

    assert isinstance(found, kind)
    assert message in found.message
    assert hint in found.hint


def test_what_is_said_is_short_and_without_debug_output() -> None:
    assert "SlowDown: Please reduce your rate" == short(
        "x <Error><Code>SlowDown</Code><Message>Please reduce your rate</Message></Error>\n\nDebug source:\nGeneric {"
    )
    assert len(short("x" * 10_000)) < 400


def test_what_is_not_the_stores_is_passed_on() -> None:
    for error in (ValueError("ours"), OSError("the disk's"), NotFound("said already")):
        with pytest.raises(type(error), match=str(error)), told("s3://bucket", "a", ""):
            raise error
