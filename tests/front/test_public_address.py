"""One setting makes the badges; while it is empty there are none."""

import pytest

from tools.public_address import badges, colab_preparation, public_address

LESSON = "notebooks/21_first_network.ipynb"


def test_no_address_no_badge(tmp_path):
    settings = tmp_path / "pyproject.toml"
    settings.write_text('[tool.course]\npublic_address = ""\n')
    assert public_address(settings) == ""
    assert badges(LESSON, address="") == ""
    assert colab_preparation(address="") == ""


def test_setting_that_is_absent_counts_as_empty(tmp_path):
    settings = tmp_path / "pyproject.toml"
    settings.write_text("[project]\nname = 'x'\n")
    assert public_address(settings) == ""


def test_github_address_gives_colab_and_binder():
    line = badges(LESSON, address="https://github.com/owner/course")
    assert (
        "(https://colab.research.google.com/github/owner/course/blob/main/"
        "notebooks/21_first_network.ipynb)" in line
    )
    assert (
        "(https://mybinder.org/v2/gh/owner/course/HEAD?urlpath=lab/tree/"
        "notebooks/21_first_network.ipynb)" in line
    )
    assert "\n" not in line


def test_elsewhere_binder_only():
    gitlab = badges(LESSON, address="https://gitlab.com/group/sub/course")
    assert "colab" not in gitlab
    assert "mybinder.org/v2/gl/group%2Fsub%2Fcourse/HEAD" in gitlab
    own = badges(LESSON, address="https://git.example.org/owner/course")
    assert "mybinder.org/v2/git/https%3A%2F%2Fgit.example.org%2Fowner%2Fcourse/" in own
    assert colab_preparation(address="https://gitlab.com/group/course") == ""


def test_address_is_read_trimmed(tmp_path):
    settings = tmp_path / "pyproject.toml"
    settings.write_text(
        '[tool.course]\npublic_address = "https://github.com/owner/course.git/"\n'
    )
    assert public_address(settings) == "https://github.com/owner/course"
    first_cell = colab_preparation(address=public_address(settings))
    assert first_cell.splitlines()[0] == (
        "!git clone -q https://github.com/owner/course course"
    )


@pytest.mark.parametrize(
    "wrong", ["github.com/owner/course", "https://github.com/owner", "git@host:a/b"]
)
def test_wrong_address_says_what_is_expected(tmp_path, wrong):
    settings = tmp_path / "pyproject.toml"
    settings.write_text(f'[tool.course]\npublic_address = "{wrong}"\n')
    with pytest.raises(ValueError, match="Expected https://host/owner/repository"):
        public_address(settings)
