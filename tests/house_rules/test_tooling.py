"""What the tools need to be true of each other."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# A path of the machine somebody happened to work on; built from pieces so as not to find itself.
MACHINE_PATH = re.compile(r"(?<![\w./-])/(?:" + "|".join(["work", "root", "tmp/" + "team"]) + r")/[\w.]")
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".html",
    ".txt",
    ".css",
    ".js",
    ".svg",
    ".po",
    ".ini",
    ".cfg",
    ".service",
    ".conf",
    "",
}


def tracked(*patterns):
    command = ["git", "ls-files", "-z", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:  # an unpacked archive has no history to ask
        return [
            path
            for path in ROOT.rglob("*")
            if path.is_file() and not {".venv", "instance", "node_modules"} & {*path.parts}
        ]
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def locked():
    return {package["name"]: package for package in tomllib.loads((ROOT / "uv.lock").read_text())["package"]}


def needed(packages, names):
    """The names of everything that `names` need by the lock, on all systems, themselves included."""
    seen = set()
    queue = [(name, ()) for name in names]
    while queue:
        name, extras = queue.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        package = packages[name]
        optional = package.get("optional-dependencies", {})
        wanted = package.get("dependencies", []) + [d for extra in extras for d in optional.get(extra, [])]
        queue += [(dependency["name"], tuple(dependency.get("extra", ()))) for dependency in wanted]
    return {name for name, _extras in seen}


def requirements(name):
    """{package: (version, hashes)} of a requirements file."""
    entries = (ROOT / name).read_text().replace("\\\n", " ").splitlines()
    found = {}
    for entry in entries:
        if match := re.match(r"([a-z0-9-]+)==(\S+)", entry):
            found[match[1]] = (match[2], set(re.findall(r"--hash=(sha256:[0-9a-f]{64})", entry)))
    return found


def as_locked(packages, names):
    files = {
        name: [packages[name].get("sdist"), *packages[name].get("wheels", [])]
        for name in names
        if name != "setkani"
    }
    return {
        name: (packages[name]["version"], {file["hash"] for file in listed if file})
        for name, listed in files.items()
    }


def test_requirements_hold_what_the_program_needs_by_the_lock():
    packages = locked()
    assert requirements("requirements.txt") == as_locked(packages, needed(packages, ["setkani"]))


def test_development_requirements_hold_the_whole_lock():
    packages = locked()
    assert requirements("requirements-dev.txt") == as_locked(packages, packages)


def test_the_lock_is_made_of_what_pyproject_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    metadata = locked()["setkani"]["metadata"]

    def by_name(texts):
        pins = (re.match(r"([A-Za-z0-9-]+)(?:\[[^]]*\])?(==[\w.]+)?", text) for text in texts)
        return {pin[1].lower(): pin[2] or "" for pin in pins if pin}

    def from_lock(entries):
        return {entry["name"]: entry.get("specifier", "") for entry in entries}

    assert from_lock(metadata["requires-dist"]) == by_name(project["project"]["dependencies"])
    assert from_lock(metadata["requires-dev"]["dev"]) == by_name(project["dependency-groups"]["dev"])


def test_no_file_names_the_machine_it_was_written_on():
    texts = [path for path in tracked() if path.suffix in TEXT]
    assert len(texts) > 20
    assert [str(path) for path in texts if MACHINE_PATH.search(path.read_text(encoding="utf-8"))] == []


def test_nothing_that_is_made_is_kept():
    made = tracked("*.pyc", "*.mo", "app/static/*.br", "app/static/*.gz", "*.sqlite", "instance", ".venv")
    if (ROOT / ".git").exists():
        assert [str(path.relative_to(ROOT)) for path in made] == []


def test_a_missing_part_is_asked_for_by_need_so_that_nothing_skips_in_ci():
    skip = re.compile(r"\b(?:pytest\.skip|importorskip|mark\.skip|mark\.xfail)\b")
    tests = [
        path
        for path in (ROOT / "tests").rglob("*.py")
        if path not in {ROOT / "tests/conftest.py", Path(__file__)}
    ]
    assert [
        str(path.relative_to(ROOT)) for path in tests if skip.search(path.read_text(encoding="utf-8"))
    ] == []


@pytest.mark.parametrize("command", ["make run", "make test"])
def test_the_readme_tells_the_two_commands(command):
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")


def test_each_target_the_documents_name_is_in_the_makefile():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"):
        named = set(re.findall(r"`make ([a-z-]+)", (ROOT / name).read_text(encoding="utf-8")))
        assert named <= targets, name


def test_domain_and_base_never_commit():
    floors = [*(ROOT / "app/domain").rglob("*.py"), *(ROOT / "app/base").rglob("*.py")]
    assert [str(path) for path in floors if ".commit(" in path.read_text(encoding="utf-8")] == []


@pytest.mark.xdist_group("load")
def test_groups_of_tests_stay_together(request):
    """`make test` must know the group: it is told by the end of the name."""
    grouped = getattr(request.config.option, "loadgroup", False)
    assert request.node.nodeid.endswith("@load" if grouped else "_together")
