"""What a newcomer meets first: the tree, the lock, the targets, the README."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from rattler import MatchSpec

from tools.lesson_table import BEGIN, END, lesson_row, lesson_table, with_table
from tools.lessons.times import COLD

PROJECT = Path(__file__).resolve().parents[2]

# DESIGN: nothing else at the top level without a reason that a newcomer would see
TOP_LEVEL = {
    *("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "LICENSE-CONTENT"),
    *("CITATION.cff", "Makefile", "pyproject.toml", "requirements.lock"),
    *("environment.yml", "notebooks", "helpers", "data", "tests", "tools", "phantoms"),
    *(".ci", ".github", ".binder", ".gitignore", ".gitattributes"),
}


def text_of(name):
    return (PROJECT / name).read_text(encoding="utf-8")


def settings():
    return tomllib.loads(text_of("pyproject.toml"))


def tracked():
    command = ["git", "ls-files"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip("not a git repository: an unpacked archive")
    return done.stdout.splitlines()


def makefile_targets():
    (line,) = re.findall(r"^\.PHONY: (.+)$", text_of("Makefile"), re.M)
    return set(line.split()) - {"ready"}


def test_top_level_holds_what_the_design_lists():
    found = {path.partition("/")[0] for path in tracked()}
    assert found == TOP_LEVEL


def test_nothing_generated_or_private_is_tracked():
    unwanted = re.compile(
        r"(^|/)(__pycache__|\.ipynb_checkpoints|cache|build|\.venv)/|\.pyc$|\.egg-info"
        r"|(^|/)(uv\.lock|pylock\.toml)$"
    )
    assert [path for path in tracked() if unwanted.search(path)] == []


def test_lock_holds_hashes_no_address_and_no_torch():
    lock = text_of("requirements.lock")
    assert "://" not in lock
    assert not re.search(r"^(torch|torchvision|nvidia-\S+)==", lock, re.M)
    pins = re.findall(
        r"^([A-Za-z0-9._-]+)==(\S+)(?: ;.*?)? \\\n((?: .*\n)+)", lock, re.M
    )
    assert len(pins) > 100
    assert [name for name, _, after in pins if "--hash=sha256:" not in after] == []
    # every requirement is pinned: no line names a package in another form
    assert len(pins) == len(re.findall(r"^[A-Za-z0-9]", lock, re.M))


def test_lock_holds_every_dependency_of_the_project():
    project = settings()["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["author"]
    names = {re.match(r"[A-Za-z0-9._-]+", one)[0].lower() for one in wanted}
    lock = text_of("requirements.lock").lower()
    assert {name for name in names if f"\n{name}==" not in "\n" + lock} == set()


def test_environment_yml_takes_the_lock_and_nothing_else():
    environment = yaml.safe_load(text_of("environment.yml"))
    *conda, pip = environment["dependencies"]
    # pip refuses `-e .` in the same call as hashes: the package is a second command
    assert pip == {"pip": ["--requirement requirements.lock"]}
    assert [re.match(r"[a-z]+", one)[0] for one in conda] == ["python", "pip"]
    python = next(one for one in conda if one.startswith("python"))
    assert python.removeprefix("python ") == settings()["project"]["requires-python"]
    assert environment["channels"] == ["conda-forge"]
    assert "pip install --no-deps --no-build-isolation --editable ." in (
        text_of("environment.yml")
    )


def test_conda_lines_are_match_specs():
    # conda's own reading of a line, without a channel or a solver
    for one in yaml.safe_load(text_of("environment.yml"))["dependencies"][:-1]:
        assert MatchSpec(one).name.normalized in ("python", "pip")


def test_help_is_the_default_and_lists_every_target():
    done = subprocess.run(["make"], cwd=PROJECT, capture_output=True, text=True)
    listed = set(re.findall(r"^  make ([a-z]+) ", done.stdout, re.M))
    assert listed == makefile_targets()
    for name in ("COHORT", "FINDING", "ONLY", "COURSE_DATA_DIR", "PYTHON"):
        assert f"{name}=" in done.stdout


def test_every_target_but_help_and_clean_sets_up_first():
    makefile = text_of("Makefile")
    needs = dict(re.findall(r"^([a-z]+): ?([a-z ]*?) ?##", makefile, re.M))
    assert needs.pop("help") == needs.pop("clean") == ""
    assert needs.pop("test") == "check"
    assert set(needs.values()) == {"ready"}


def test_makefile_runs_with_the_make_of_a_mac():
    # GNU make 3.81: no .ONESHELL, no !=, no $(file), no ::= and no undefine
    makefile = text_of("Makefile")
    for newer in (".ONESHELL", "!=", "$(file", "::=", "undefine", "$(guile"):
        assert newer not in makefile


def test_makefile_modules_exist():
    modules = re.findall(r"\$\(VENV\) -m (tools\.\w+)", text_of("Makefile"))
    assert len(set(modules)) >= 8
    for module in modules:
        assert (PROJECT / (module.replace(".", "/") + ".py")).exists(), module


def test_readme_table_is_the_measured_one():
    readme = text_of("README.md")
    assert with_table(readme, lesson_table()) == readme, (
        "The table of lessons in README.md is out of date: run `make build`."
    )


def test_lesson_row_quotes_title_question_and_measured_time(tmp_path):
    source = tmp_path / "21_first_network.py"
    source.write_text(
        "# %% [markdown]\n# # 21 First network\n#\n# The list is long. Can a network\n"
        "# of 100,000 weights sort it?\n\n# %% [markdown]\n# | | |\n# |---|---|\n"
        "# | Time | 35 minutes; runs in about 50 seconds |\n"
    )
    row = lesson_row(source, {"21_first_network": {"seconds": 51}})
    assert row == (
        "| 21 | [First network](notebooks/21_first_network.ipynb) | The list is long. "
        "Can a network of 100,000 weights sort it? | 35 minutes | 0.8 minutes |"
    )
    first = source.with_name("00_first.py")
    first.write_text(source.read_text().replace("21 First", "00 First"))
    times = {"00_first": {"seconds": 9}, COLD: {"seconds": 60}}
    assert lesson_row(first, times).endswith(
        "| 0.1 minutes, and once 1.0 minutes to make the patients |"
    )


def test_lesson_row_says_what_is_missing(tmp_path):
    source = tmp_path / "22_x.py"
    source.write_text("# %% [markdown]\n# # 22 X\n#\n# No question.\n")
    with pytest.raises(ValueError, match="22_x.py lacks"):
        lesson_row(source, {})


def test_table_needs_its_marks():
    with pytest.raises(ValueError, match="once each"):
        with_table("no marks", "table")
    assert with_table(f"a\n{BEGIN}\nold\n{END}\nb", "new") == (
        f"a\n{BEGIN}\nnew\n{END}\nb"
    )


def test_links_of_the_front_pages_lead_somewhere():
    for page in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        text = text_of(page)
        headings = {
            re.sub(r"[^a-z0-9 -]", "", line.lower()).strip().replace(" ", "-")
            for line in re.findall(r"^#+ (.+)$", text, re.M)
        }
        for target in re.findall(r"\]\(([^)]+)\)", text):
            if target.startswith("#"):
                assert target[1:] in headings, (page, target)
            elif not target.startswith("https://"):
                assert (PROJECT / target).exists(), (page, target)


def test_pictures_have_a_text_alternative():
    for alternative, _ in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", text_of("README.md")):
        assert len(alternative.split()) >= 8


def test_citation_matches_the_project():
    citation = yaml.safe_load(text_of("CITATION.cff"))
    project = settings()["project"]
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"] == "MIT"
    assert citation["authors"] == [{"name": "The course authors"}]
    assert {"message", "title"} <= set(citation)
    assert f"version {project['version']}" in text_of("README.md")
    assert f"## {project['version']} - {citation['date-released']}" in (
        text_of("CHANGELOG.md")
    )
    address = settings()["tool"]["course"]["public_address"]
    assert citation.get("repository-code", "") == address


def test_readme_tells_of_the_copyleft_decoder():
    from importlib.metadata import metadata

    assert "GPL" in metadata("pylibjpeg-libjpeg")["License"]
    assert "GPL version 3" in text_of("README.md")


def test_ci_runs_the_same_command_everywhere():
    workflow = yaml.safe_load(text_of(".github/workflows/ci.yml"))
    steps = workflow["jobs"]["everything"]["steps"]
    assert steps[-1]["run"] == "bash .ci/run"
    matrix = workflow["jobs"]["everything"]["strategy"]["matrix"]["include"]
    assert {one["system"] for one in matrix} == {"ubuntu-latest", "macos-latest"}
    assert workflow["jobs"]["windows"]["runs-on"] == "windows-latest"
    assert "make test" in text_of(".ci/run")
