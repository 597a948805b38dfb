"""What is said of a file never lets a browser open it, and never breaks out of its header."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lineal.objects.digest import digest_of
from lineal.operations.answers.tracking import ArtifactAnswer
from lineal.protocols.mlflow.media import headers_of, type_of


def test_what_people_read_is_text():
    assert {"text/plain"} == {
        type_of(each) for each in ("MLmodel", "mlproject", "a.yaml", "a.JSON", "a.csv", "a.js", "a.log")
    }
    assert ("application/octet-stream", "image/png") == (type_of("model"), type_of("a.png"))


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1))
def test_every_name_fits_into_the_headers(name: str):
    found = headers_of(
        ArtifactAnswer(subject="", path=f"a/{name}", digest=digest_of(b""), size_bytes=0, at=0, is_sealed=False)
    )

    for value in found.values():
        value.encode("latin-1")
        assert value.isprintable()
    assert found["Content-Disposition"].startswith("attachment; filename")
    assert 1 == found["Content-Disposition"].count(";")
    assert "nosniff" == found["X-Content-Type-Options"]
