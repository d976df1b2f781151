"""One setting makes the badges; while it is empty there are none."""

import pytest

from tools.public_address import badges, public_repository

LESSON = "notebooks/21_first_network.ipynb"


def repository(tmp_path, setting):
    path = tmp_path / "pyproject.toml"
    path.write_text(f'[tool.course]\npublic_address = "{setting}"\n')
    return public_repository(path)


def test_no_address_no_badge(tmp_path):
    assert repository(tmp_path, "") == ""
    assert badges(LESSON, "") == ""


@pytest.mark.parametrize("ending", ["", "/", ".git"])
def test_badges_lead_to_the_lesson(tmp_path, ending):
    found = repository(tmp_path, f"https://github.com/owner/course{ending}")
    assert found == "owner/course"
    line = badges(LESSON, found)
    assert f"/github/owner/course/blob/main/{LESSON})" in line
    assert f"/v2/gh/owner/course/HEAD?urlpath=lab/tree/{LESSON})" in line
    assert "git clone -q https://github.com/owner/course course" in line


@pytest.mark.parametrize(
    "wrong",
    ["github.com/owner/course", "http://github.com/a/b", "https://github.com/a"],
)
def test_a_wrong_address_is_refused(tmp_path, wrong):
    with pytest.raises(ValueError, match="public_address"):
        repository(tmp_path, wrong)
