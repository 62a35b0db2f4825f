"""The files that `init` writes: they parse, they pull no stranger's program, and their commands run as written."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

import hatchling
import pytest
import yaml

from auditor.cli import init

ROOT = Path(__file__).resolve().parent.parent.parent
BODY = ROOT / "fixtures" / "demo" / "body-controller"
FILES = {name: place for name, (_, place) in init.TARGETS.items()}
INPUTS = ("body.hex", "part list.csv")
PACKAGES = Path(hatchling.__file__).parent.parent
"""Where the packages are that the test extra installed."""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with an image, a part list and a wheel that holds nothing but its name."""
    shutil.copy(BODY / "body.hex", tmp_path / "body.hex")
    shutil.copy(BODY / "parts.csv", tmp_path / "part list.csv")
    wheel = tmp_path / init.wheel()
    wheel.parent.mkdir()
    info = "auditor-0.1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: auditor\nVersion: 0.1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return tmp_path


def written(ci: str, repository: Path, program: Any, *more: str) -> str:
    done = program("init", "--ci", ci, *INPUTS, "--install", init.wheel(), *more, cwd=repository)
    assert (done.returncode, done.stderr) == (0, b""), done.stderr
    return (repository / FILES[ci]).read_text("utf-8")


def run(command: str, repository: Path) -> int:
    """Run one command of a pipeline as its shell would, without any package index."""
    environment = {
        **os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PIP_NO_INDEX": "1",
        "PIP_TARGET": str(repository / ".target"), "GITHUB_STEP_SUMMARY": str(repository / "summary.md"),
        "AUDITOR_CACHE_DIR": "none", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "GITHUB_OUTPUT": str(repository / "out"),
    }  # fmt: skip
    done = subprocess.run(
        ["bash", "-e", "-c", command], cwd=repository, env=environment, capture_output=True, check=False
    )
    assert done.returncode in (0, 1), (command, done.stderr)
    return done.returncode


def test_github(repository: Path, program: Any) -> None:
    workflow = yaml.safe_load(written("github", repository, program))
    assert workflow["permissions"] == {"actions": "read", "contents": "read", "security-events": "write"}
    steps = workflow["jobs"]["audit"]["steps"]
    codes = [run(step["run"], repository) for step in steps if "run" in step]
    assert codes == [0, 1, 0]
    upload = next(step for step in steps if step.get("uses", "").startswith("github/codeql-action/upload-sarif"))
    assert json.loads((repository / upload["with"]["sarif_file"]).read_text())["runs"][0]["results"]
    assert (repository / "summary.md").read_text().startswith("## auditor: FAIL")
    kept = next(step for step in steps if step.get("uses", "").startswith("actions/upload-artifact"))
    assert all((repository / name).is_file() for name in kept["with"]["path"].split())
    assert any(step.get("uses", "").startswith("actions/cache") for step in steps)
    assert all("always()" in step["if"] for step in (upload, kept))


def test_gitlab(repository: Path, program: Any) -> None:
    job = yaml.safe_load(written("gitlab", repository, program))["auditor"]
    assert [run(command, repository) for command in job["script"]] == [0, 1]
    reports = job["artifacts"]["reports"]
    assert job["artifacts"]["when"] == "always"
    rows = json.loads((repository / reports["codequality"]).read_text())
    assert all({"description", "check_name", "fingerprint", "severity", "location"} <= set(row) for row in rows)
    assert ET.parse(repository / reports["junit"]).getroot().tag == "testsuites"
    assert all((repository / name).is_file() for name in job["artifacts"]["paths"])


def test_jenkins(repository: Path, program: Any) -> None:
    text = written("jenkins", repository, program)
    assert text.count("{") == text.count("}")
    commands = re.findall(r"sh '''(.*?)'''", text)
    assert [run(command, repository) for command in commands] == [0, 1]
    name = re.search(r"testResults: '([^']+)'", text)
    assert name is not None
    assert (repository / name[1]).is_file()


def test_pre_commit(repository: Path, program: Any) -> None:
    """By the hook's own line and, where it is installed, by pre-commit itself."""
    text = written("pre-commit", repository, program)
    (repo,) = yaml.safe_load(text)["repos"]
    (hook,) = repo["hooks"]
    assert (repo["repo"], hook["language"], hook["pass_filenames"]) == ("local", "system", False)
    assert "additional_dependencies" not in hook, "it would be sought in the folder of pre-commit"
    assert f'pip install "{init.wheel()}"' in text
    assert run(hook["entry"], repository) == 1
    if importlib.util.find_spec("pre_commit"):
        home = f"PRE_COMMIT_HOME={shlex.quote(str(repository / 'home'))}"
        assert run(f"git init -q . && git add . && {home} python -m pre_commit run --all-files > said", repository) == 1
        said = (repository / "said").read_text("utf-8")
        assert "- exit code: 1" in said
        assert "FAIL" in said


@pytest.mark.parametrize("ci", sorted(FILES))
def test_a_file_that_is_there_stays(ci: str, repository: Path, program: Any) -> None:
    place = repository / FILES[ci]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("mine")
    done = program("init", "--ci", ci, cwd=repository)
    assert done.returncode == 7
    assert place.read_text() == "mine"
    assert "auditor check" in written(ci, repository, program, "--force")


@pytest.mark.parametrize("ci", sorted(FILES))
def test_never_a_bare_name_from_an_index(ci: str, tmp_path: Path, program: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(init, "origin", lambda: None)
    from auditor.resources import folder

    text = init.filled(
        (folder("rules") / "templates/ci" / init.TARGETS[ci][0]).read_text("utf-8"), ci, ("a.bin",), None
    )
    assert "@" not in re.sub(r"@v\d", "", text)
    assert "Put the wheel of auditor there first" in text
    assert re.search(r"""pip install ["']?\./wheelhouse/auditor-[\d.]+-py3""", text)


@pytest.mark.parametrize(
    ("direct", "spec"),
    [
        ({"url": "https://git.example/a", "vcs_info": {"vcs": "git", "commit_id": "0f" * 20}}, f"auditor @ git+https://git.example/a@{'0f' * 20}"),
        ({"url": "https://files.example/auditor-1.whl", "archive_info": {}}, "auditor @ https://files.example/auditor-1.whl"),
        ({"url": "file:///home/me/auditor", "dir_info": {"editable": True}}, None),
        ({"url": "http://files.example/auditor-1.whl", "archive_info": {}}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_what_the_pipeline_installs_is_where_this_program_came_from(direct: Any, spec: Any, monkeypatch: Any) -> None:
    class Installed(Distribution):
        def read_text(self, filename: str) -> str | None:
            return json.dumps(direct) if direct else None

        def locate_file(self, path: Any) -> Any:
            return Path(path)

    monkeypatch.setattr("importlib.metadata.distribution", lambda name: Installed())
    assert init.origin() == spec
    if spec:
        for ci, (name, _) in init.TARGETS.items():
            text = init.filled((ROOT / "rules/templates/ci" / name).read_text("utf-8"), ci, ("a.bin",), None)
            assert spec in text
            if name.endswith(("yml", "yaml")):
                assert yaml.safe_load(text)


@pytest.mark.parametrize("name", ["$(touch x)", "a'b", "a\nb", "${{ secrets.X }}", 'a"b', "a;b", "a: b", "--rules=x"])
def test_names_that_would_act_are_refused(name: str, tmp_path: Path, program: Any) -> None:
    done = program("init", "--ci", "github", "--", name, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_every_line_of_the_first_configuration_works(tmp_path: Path, program: Any) -> None:
    assert program("init", cwd=tmp_path).returncode == 0
    text = (tmp_path / "auditor.toml").read_text("utf-8")
    (tmp_path / "x.bin").write_bytes(bytes(range(256)) * 4)
    assert program("check", "x.bin", "-f", "json", cwd=tmp_path).returncode in (1, 4)
    lines = [line[1:] for line in text.splitlines() if re.match(r"#[a-z-]+ = ", line)]
    assert len(lines) > 15
    from auditor.cli import check, settings

    for line in lines:
        (tmp_path / "auditor.toml").write_text(line + "\n")
        context = check.command.make_context("check", ["x.bin", "--no-config"])
        assert settings.load(tmp_path / "auditor.toml", check.command, context), line


def test_the_composite_action_and_the_image(repository: Path) -> None:
    """The image cannot be built by the tests; its file is parsed and held to what a linter asks."""
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    steps = action["runs"]["steps"]
    assert all("shell" in step for step in steps if "run" in step)
    assert not any("${{" in step["run"] for step in steps if "run" in step), "an expression in a script injects"
    audit = next(step for step in steps if step.get("id") == "audit")
    script = "export INPUTS=body.hex OPTIONS='--exit-zero' SARIF=x.sarif\n" + audit["run"]
    assert run(script, repository) == 0
    assert (repository / "out").read_text() == "exit-code=0\n"
    assert (repository / "x.sarif").is_file()
    lines = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ").splitlines()
    steps = [line.split(None, 1) for line in lines if line and not line.startswith("#")]
    images = [rest.split()[0] for word, rest in steps if word == "FROM"]
    assert all(":" in image and not image.endswith(":latest") for image in images)
    users = [rest for word, rest in steps if word == "USER"]
    assert users[-1] not in ("root", "0")
    assert not {"ADD", "MAINTAINER"} & {word for word, _ in steps}
    copied = [shlex.split(rest)[:-1] for word, rest in steps if word == "COPY" and "--from" not in rest]
    assert all((ROOT / name).exists() for names in copied for name in names)
    assert steps[-2][0] == "ENTRYPOINT"
    assert json.loads(steps[-2][1]) == ["auditor"]


def offline(folder: Path, **more: str) -> dict[str, str]:
    """An environment in which pip builds with what is installed here and asks nobody."""
    return {
        **os.environ, "PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PYTHONPATH": str(PACKAGES),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1", "HOME": str(folder), **more,
    }  # fmt: skip


def dockerfile() -> list[tuple[str, str]]:
    lines = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ").splitlines()
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines if line and not line.startswith("#")]


@pytest.mark.integration
def test_the_image_is_made_of_the_files_it_copies(tmp_path: Path) -> None:
    """The installation of the Dockerfile, in a folder instead of an image; what it starts works."""
    steps = dockerfile()
    source, opt = tmp_path / "source", tmp_path / "opt" / "auditor"
    source.mkdir()
    for names in (shlex.split(rest) for word, rest in steps if word == "COPY" and "--from" not in rest):
        for name in names[:-1]:
            goal = source / name if (ROOT / name).is_dir() else source / Path(name).name
            goal.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, goal)
    install = next(rest for word, rest in steps if word == "RUN" and "pip install" in rest)
    script = re.sub(r"^python ", f"{shlex.quote(sys.executable)} ", install.replace("/opt/auditor", str(opt)))
    done = subprocess.run(
        ["bash", "-e", "-c", script], cwd=source, env=offline(tmp_path), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (packages,) = opt.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(str(PACKAGES))  # what an index would have given
    (settings,) = [rest for word, rest in steps if word == "ENV"]
    given = dict(pair.split("=", 1) for pair in settings.replace("/opt/auditor", str(opt)).split())
    given["PATH"] = given["PATH"].replace("$PATH", os.environ["PATH"])
    command = json.loads(next(rest for word, rest in steps if word == "ENTRYPOINT"))
    shown = subprocess.run(
        [str(opt / "bin" / command[0]), "demo", "-f", "text"],
        cwd=tmp_path, env=offline(tmp_path, PYTHONPATH="", **given), capture_output=True, check=False,
    )  # fmt: skip
    assert shown.returncode == 1, shown.stderr
    assert b"FAIL" in shown.stdout
    where = subprocess.run(
        [str(opt / "bin" / "python"), "-c", "import auditor; print(auditor.__file__)"],
        cwd=tmp_path, env=offline(tmp_path, PYTHONPATH=""), capture_output=True, check=False,
    )  # fmt: skip
    assert where.stdout.decode().startswith(str(opt))


@pytest.mark.integration
def test_the_user_of_the_image_is_made_with_options_that_exist() -> None:
    if shutil.which("useradd") is None:
        pytest.skip("useradd is not installed")
    known = subprocess.run(["useradd", "--help"], capture_output=True, check=False).stdout.decode()
    (made,) = [rest for word, rest in dockerfile() if word == "RUN" and rest.startswith("useradd")]
    used = [word for word in shlex.split(made) if word.startswith("--")]
    assert len(used) >= 3
    assert all(re.search(rf"{word}\b", known) for word in used)


@pytest.mark.integration
def test_after_a_local_installation_the_wheel_is_made_as_it_says(tmp_path: Path, monkeypatch: Any) -> None:
    """The hint's own command makes the wheel that the pipeline's own command installs."""
    monkeypatch.setattr(init, "_direct", lambda: {"url": ROOT.as_uri(), "dir_info": {}})
    made = init.making()
    assert made is not None
    command = made.replace("python3", shlex.quote(sys.executable), 1)
    done = subprocess.run(
        ["bash", "-e", "-c", command], cwd=tmp_path, env=offline(tmp_path), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / init.wheel()).is_file()
    template = (ROOT / "rules/templates/ci/gitlab.yml").read_text("utf-8")
    (install, _) = yaml.safe_load(init.filled(template, "gitlab", ("a.bin",), None))["auditor"]["script"]
    goal = tmp_path / "target"
    into = shlex.quote(sys.executable)
    done = subprocess.run(
        ["bash", "-e", "-c", install.replace("python3", into, 1)],
        cwd=tmp_path, env=offline(tmp_path, PIP_TARGET=str(goal)), capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (goal / "auditor" / "rules").is_dir()


def test_a_folder_of_this_machine_is_named_in_the_hint_and_never_in_the_file(monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setattr(init, "_direct", lambda: {"url": "file:///home/me/my%20auditor", "dir_info": {}})
    template = (ROOT / "rules/templates/ci/github.yml").read_text("utf-8")
    assert "/home/me" not in init.filled(template, "github", ("a.bin",), None)
    assert "pip wheel --no-deps -w wheelhouse '/home/me/my auditor'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "spec", ["auditor", "auditor==0.1.0", "auditor[fleet]", "auditor @ auditor", "https:auditor", "a/b"]
)
def test_what_an_index_would_resolve_by_name_is_refused(spec: str, tmp_path: Path, program: Any) -> None:
    done = program("init", "--ci", "github", "--install", spec, cwd=tmp_path)
    assert done.returncode == 2
    assert b"is a bare name" in done.stderr
    assert not (tmp_path / FILES["github"]).exists()


@pytest.mark.parametrize(
    "spec",
    [
        "git+https://user:tok3n@git.example/auditor",
        "auditor @ git+https://tok3n@git.example/auditor@v1",
        "https://:tok3n@files.example/auditor.whl",
        "git+ssh://git:tok3n@git.example/auditor",
    ],
)
def test_a_secret_in_the_address_is_not_written(spec: str, tmp_path: Path, program: Any) -> None:
    done = program("init", "--ci", "gitlab", "--install", spec, cwd=tmp_path)
    assert done.returncode == 2
    assert b"tok3n" not in done.stderr
    assert not (tmp_path / FILES["gitlab"]).exists()


@pytest.mark.parametrize(
    "spec",
    [
        "./wheelhouse/auditor-0.1.0-py3-none-any.whl",
        "git+ssh://git@git.example/auditor@v1",
        "auditor @ https://files.example/auditor-0.1.0-py3-none-any.whl",
    ],
)
def test_a_wheel_or_an_address_is_taken(spec: str, tmp_path: Path, program: Any) -> None:
    assert program("init", "--ci", "gitlab", "--install", spec, cwd=tmp_path).returncode == 0
    assert spec in (tmp_path / FILES["gitlab"]).read_text()


@pytest.mark.parametrize(("name", "fits"), [("a: b", False), ("a:b", True), ("-x", False), ("list, of [2]", True)])
def test_what_may_stand_in_a_pipeline_file(name: str, fits: bool) -> None:
    assert (init.PLAIN.fullmatch(name) is not None) is fits
