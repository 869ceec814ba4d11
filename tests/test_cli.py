"""The command line as a person uses it: what it writes, and the one line by which it refuses."""

from __future__ import annotations

import builtins
import json
import pickle
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evalkit import cli
from evalkit.compare import from_files
from evalkit.datasets import load_dataset
from evalkit.errors import EvalkitError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., "Outcome"]


class Outcome:
    """What one run of the command line left: its exit code and both of its streams."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    def refused(self, *said: str) -> None:
        """Assert a refusal: exit code 2 and one line on standard error that says these things."""
        assert self.code == 2, (self.out, self.err)
        assert self.err.count("\n") == 1, self.err
        assert "Traceback" not in self.err
        for part in said:
            assert re.search(part, self.err), self.err


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run the command line in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*words: object) -> Outcome:
        code = 0
        try:
            cli.main([str(word) for word in words])
        except SystemExit as stop:
            code = int(stop.code or 0)
        return Outcome(code, *capsys.readouterr())

    return call


@pytest.fixture(scope="session")
def numpy_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that one epoch on digits left."""
    path = tmp_path_factory.mktemp("models") / "numpy.pkl"
    cli.main(["train", "numpy", "--data", "digits", "--epochs", "1", "--output", str(path)])
    return path


@pytest.fixture(scope="session")
def other_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of another width and seed."""
    path = tmp_path_factory.mktemp("models") / "other.pkl"
    options = ["--epochs", "2", "--hidden", "16", "--seed", "1", "--output", str(path)]
    cli.main(["train", "numpy", "--data", "digits", *options])
    return path


def npz(path: Path, *, width: int = 4, classes: int = 3, n: int = 30, **changed: Any) -> Path:
    """A small data set in an .npz file."""
    rng = np.random.default_rng(0)
    arrays: dict[str, Any] = {
        "X_train": rng.normal(size=(n, width)),
        "y_train": np.arange(n) % classes,
        "X_test": rng.normal(size=(n, width)),
        "y_test": np.arange(n) % classes,
    }
    np.savez(path, **{**arrays, **changed})
    return path


def test_help_names_every_command(run: Run) -> None:
    """The first thing a newcomer types."""
    shown = run("--help")
    assert shown.code == 0
    for command in ("demo", "train", "report", "inspect"):
        assert command in shown.out


@pytest.mark.parametrize(
    "words",
    [
        ["--models", "a", "b"],
        ["--models", "a", "--models", "b"],
        ["a", "b"],
        ["a", "--models", "b"],
        ["--models=a", "b"],
        ["--seed", "3", "--models", "a", "b", "--title", "t"],
    ],
)
def test_every_way_of_naming_models_is_the_same(
    run: Run, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    """One flag with several files, repeated flags, bare words: the files in the order typed."""
    seen: list[Any] = []

    def remember(models: Any, **_: Any) -> None:
        seen.append(tuple(models))
        raise EvalkitError("enough")

    monkeypatch.setattr(from_files, "evaluations_from_files", remember)
    run("report", *words)
    assert seen == [("a", "b")]


def test_report_compares_two_files(run: Run, numpy_model: Path, other_model: Path) -> None:
    """The page, the JSON and the table in the terminal come from one command."""
    done = run("report", "--models", numpy_model, other_model, "--json", "results.json")
    assert done.code == 0, done.err
    assert done.err == ""
    assert "Macro F1" in done.out
    from pathlib import Path

    page = Path("report.html").read_text(encoding="utf-8")
    assert "<h1" in page
    assert "numpy" in page
    assert Path("results.json").stat().st_size > 1000


def test_equal_commands_write_equal_bytes(run: Run, numpy_model: Path, other_model: Path) -> None:
    """Equal inputs and seed give byte-equal pages and JSON."""
    from pathlib import Path

    for name in ("a", "b"):
        files = ["--output", f"{name}.html", "--json", f"{name}.json"]
        assert run("report", numpy_model, other_model, *files).code == 0
    assert Path("a.html").read_bytes() == Path("b.html").read_bytes()
    assert Path("a.json").read_bytes() == Path("b.json").read_bytes()


def test_models_can_be_renamed(run: Run, numpy_model: Path) -> None:
    """NAME=FILE is the name in the table."""
    assert "mine" in run("report", f"mine={numpy_model}").out


def test_two_files_of_one_name_are_told_apart(run: Run, numpy_model: Path) -> None:
    """The same file twice is two rows, numbered."""
    shown = run("report", numpy_model, numpy_model)
    assert "numpy (1)" in shown.out
    assert "numpy (2)" in shown.out


def test_no_model_is_refused(run: Run) -> None:
    """A report of nothing says how to name a model."""
    run("report").refused("No model was given")


def test_a_missing_file_is_named(run: Run) -> None:
    """The path that is not there stands in the line."""
    run("report", "--models", "nowhere.pkl").refused("nowhere.pkl")


@pytest.mark.parametrize("kept", [0, 1, 10, 1000])
def test_a_truncated_file_is_refused(
    run: Run, numpy_model: Path, tmp_path: Path, kept: int
) -> None:
    """An empty or cut-off file is called that."""
    (tmp_path / "cut.pkl").write_bytes(numpy_model.read_bytes()[:kept])
    run("report", "cut.pkl").refused("cut.pkl")


class Runs:
    """A pickle of this would write a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return builtins.open, (str(self.target), "w")


def test_a_pickle_that_would_run_is_refused_with_its_name(run: Run, tmp_path: Path) -> None:
    """The name that it would call is shown, and nothing of it happens."""
    target = tmp_path / "touched"
    (tmp_path / "evil.pkl").write_bytes(pickle.dumps({"weights": Runs(target)}))
    run("report", "evil.pkl").refused(r"evil\.pkl", r"io\.open|builtins\.open|_io\.open")
    assert not target.exists()


@pytest.mark.torch
def test_a_torch_file_with_foreign_classes_is_refused(run: Run, tmp_path: Path) -> None:
    """A whole module in a .pt file is code, and its name is shown."""
    torch = pytest.importorskip("torch")
    torch.save(torch.nn.Linear(2, 2), tmp_path / "module.pt")
    run("report", "module.pt").refused(r"module\.pt", "Linear")


def test_a_width_that_does_not_fit_is_refused(run: Run, tmp_path: Path, numpy_model: Path) -> None:
    """Both widths are named."""
    npz(tmp_path / "narrow.npz", classes=10)
    run("report", numpy_model, "--data", "narrow.npz").refused("64", "4")


def test_other_classes_are_refused(run: Run, tmp_path: Path, numpy_model: Path) -> None:
    """A model of ten digits is not evaluated on three classes."""
    npz(tmp_path / "three.npz", width=64)
    run("report", numpy_model, "--data", "three.npz").refused("Classes differ", "three.npz|three")


def test_two_test_splits_are_refused(run: Run, tmp_path: Path, numpy_model: Path) -> None:
    """Models that remember different data are refused with both named."""
    npz(tmp_path / "mine.npz")
    assert (
        run("train", "numpy", "--data", "mine.npz", "--batch-size", 8, "--output", "b.pkl").code
        == 0
    )
    run("report", numpy_model, "b.pkl").refused("digits", "mine.npz")


def test_data_that_changed_is_refused(run: Run, tmp_path: Path) -> None:
    """A test split that is not the one trained beside is noticed by its fingerprint."""
    npz(tmp_path / "mine.npz")
    run("train", "numpy", "--data", "mine.npz", "--batch-size", 8, "--output", "b.pkl")
    npz(tmp_path / "mine.npz", X_test=np.zeros((30, 4)))
    run("report", "b.pkl").refused("fingerprint", "--data")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"y_train": np.arange(29)}, "30"),
        ({"X_test": np.full((30, 4), np.nan)}, "NaN|finite"),
        ({"X_test": np.empty((0, 4)), "y_test": np.empty(0, int)}, "empty"),
        ({"y_test": np.full(30, 7)}, "7"),
        ({"X_train": np.zeros((30, 5))}, "5"),
    ],
    ids=["lengths differ", "NaN", "empty", "label never declared", "widths differ"],
)
def test_bad_data_is_refused(run: Run, tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    """Each broken data set says what is wrong, and no model is written."""
    npz(tmp_path / "bad.npz", **changed)
    run("train", "numpy", "--data", "bad.npz", "--output", "new.pkl").refused(said)
    assert not (tmp_path / "new.pkl").exists()


def test_one_class_only_makes_a_report(run: Run, tmp_path: Path) -> None:
    """A data set of one class is unusual, not wrong."""
    npz(tmp_path / "one.npz", classes=1)
    words = ["--data", "one.npz", "--batch-size", 8, "--epochs", 1, "--output", "one.pkl"]
    assert run("train", "numpy", *words).code == 0
    done = run("report", "one.pkl")
    assert done.code == 0, done.err
    assert (tmp_path / "report.html").exists()


@pytest.mark.torch
def test_without_torch_the_extra_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Training in PyTorch without PyTorch says what to install, and writes nothing."""
    import sys
    from pathlib import Path

    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "evalkit.training.torch_learner", raising=False)
    run("train", "torch", "--data", "digits", "--output", "new.pt").refused(r"evalkit\[torch\]")
    assert not Path("new.pt").exists()


def test_a_path_that_cannot_be_written_leaves_the_old_report(
    run: Run, tmp_path: Path, numpy_model: Path
) -> None:
    """A folder in the place of a file, or a missing folder, is refused by name."""
    (tmp_path / "folder").mkdir()
    run("report", numpy_model, "--output", "folder").refused("folder")
    run("report", numpy_model, "--output", "missing/report.html").refused("missing")


def test_a_failed_write_leaves_the_old_report_whole(
    run: Run, tmp_path: Path, numpy_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fills at the last moment costs the new report, not the old one."""
    assert run("report", numpy_model).code == 0
    before = (tmp_path / "report.html").read_bytes()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    run("report", numpy_model, "--title", "another").refused("No space left")
    assert (tmp_path / "report.html").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_file_of_somebody_else_is_not_replaced(
    run: Run, tmp_path: Path, numpy_model: Path
) -> None:
    """Only --force writes over a file that evalkit did not write."""
    (tmp_path / "report.html").write_text("<p>my thesis</p>")
    run("report", numpy_model).refused("--force")
    assert (tmp_path / "report.html").read_text() == "<p>my thesis</p>"
    assert run("report", numpy_model, "--force").code == 0
    assert run("report", numpy_model).code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["reprot"], "report"),
        (["report", "x", "--confidence", "2"], "confidence"),
        (["train", "numpy", "--data", "digit", "--output", "x.pkl"], "digits"),
        (["train", "numpy", "--data", "digits", "--output", "x.pkl", "--hidden", "a"], "--hidden"),
        (
            ["train", "numpy", "--data", "digits", "--output", "x.pkl", "--hidden", "0"],
            "hidden layer 1 is 0, expected at least 1",
        ),
        (
            ["train", "numpy", "--data", "digits", "--output", "x.pkl", "--batch-size", "9999"],
            "9999",
        ),
    ],
)
def test_mistakes_in_words_are_one_line(run: Run, words: list[str], said: str) -> None:
    """A wrong command, value or name is answered with the right ones."""
    run(*words).refused(said)


def test_predictions_give_the_report_of_their_models(
    run: Run, numpy_model: Path, other_model: Path
) -> None:
    """`predict` writes what `report` reads, and the two ways give the same numbers."""
    import json
    from pathlib import Path

    for path, name in ((numpy_model, "numpy.csv"), (other_model, "other.parquet")):
        assert run("predict", path, "--output", name).code == 0
    assert run("report", "numpy.csv", "other.parquet", "--json", "tables.json").code == 0
    assert run("report", numpy_model, other_model, "--json", "models.json").code == 0
    tables, models = (
        json.loads(Path(name).read_text(encoding="utf-8"))
        for name in ("tables.json", "models.json")
    )
    assert tables["pairs"] == models["pairs"]
    for one, other in zip(tables["models"], models["models"], strict=True):
        assert one["counts"] == other["counts"]
        assert one["overall"] == other["overall"]


@pytest.mark.parametrize("to", ["safetensors", "onnx"])
def test_an_exported_network_gives_the_same_report(run: Run, numpy_model: Path, to: str) -> None:
    """The format changes, the probabilities do not: both make the same predictions."""
    pytest.importorskip("onnxruntime" if to == "onnx" else "safetensors")
    assert run("export", numpy_model, "--to", to, "--output", f"exported.{to}").code == 0
    done = run("report", numpy_model, f"exported.{to}", "--data", "digits")
    assert done.code == 0, done.err
    assert "same predictions" in done.out


def test_columns_of_another_name_are_mapped(run: Run, tmp_path: Path) -> None:
    """Other people's tables need no renaming, and a missing column names those there are."""
    (tmp_path / "theirs.csv").write_text("gold,guess\ncat,cat\ndog,cat\n")
    mapped = ["--column", "y_true=gold", "--column", "y_pred=guess"]
    assert run("report", "theirs.csv", *mapped).code == 0
    run("report", "theirs.csv", "--column", "y_true=truth").refused("truth", "gold")
    run("report", "theirs.csv", "--column", "truth").refused("--column")


def test_seeds_make_a_group_in_a_folder(run: Run) -> None:
    """One network a seed; the run of a seed is the run of that seed alone."""
    from pathlib import Path

    words = ["train", "numpy", "--data", "digits", "--epochs", 1]
    assert run(*words, "--seeds", 1, 2, "--output", "runs").code == 0
    assert sorted(path.name for path in Path("runs").iterdir()) == ["numpy-1.pkl", "numpy-2.pkl"]
    assert run("report", "runs/numpy-1.pkl", "runs/numpy-2.pkl").code == 0


def test_a_resumed_run_goes_on_with_the_same_numbers(run: Run) -> None:
    """Two epochs and one more are three epochs."""
    import evalkit

    words = ["train", "numpy", "--data", "digits"]
    assert run(*words, "--epochs", 2, "--output", "part.pkl").code == 0
    assert run(*words, "--epochs", 3, "--resume", "part.pkl", "--output", "on.pkl").code == 0
    assert run(*words, "--epochs", 3, "--output", "whole.pkl").code == 0
    resumed, whole = (evalkit.load_model(name).card.history for name in ("on.pkl", "whole.pkl"))
    assert [row.train_loss for row in resumed] == [row.train_loss for row in whole]


@pytest.mark.torch
def test_demo_writes_its_three_files_into_a_new_folder(run: Run) -> None:
    """Two networks, one page, a short table, and where the page lies."""
    from pathlib import Path

    pytest.importorskip("torch")
    done = run("demo", "--output", "new/folder")
    assert done.code == 0, done.err
    written = sorted(path.name for path in Path("new/folder").iterdir())
    assert written == ["numpy.pkl", "report.html", "torch.pt"]
    assert "report.html" in done.out
    assert "Macro F1" in done.out


def test_debug_lets_the_traceback_through(run: Run) -> None:
    """With --debug the error itself is raised."""
    with pytest.raises(EvalkitError):
        run("report", "nowhere.pkl", "--debug")


def test_inspect_shows_what_a_model_holds(run: Run, numpy_model: Path) -> None:
    """Format, shape, classes and data set, in words."""
    shown = run("inspect", numpy_model)
    assert shown.code == 0, shown.err
    for part in ("numpy", "64", "128", "digits"):
        assert part in shown.out


def test_digits_fit_their_card() -> None:
    """The embedded data set has the ten classes and the documented split."""
    dataset = load_dataset("digits")
    assert dataset.classes == tuple("0123456789")
    assert (len(dataset.X_train), len(dataset.X_test)) == (1197, 600)


def test_samples_in_groups_are_resampled_by_them(run: Run, tmp_path: Path) -> None:
    """``--cluster-by`` and ``--stratify-by`` name columns of prediction files, or are refused."""
    rows = "\n".join(f"{i % 2},{i % 3 % 2},p{i // 4},s{i // 20}" for i in range(80))
    (tmp_path / "preds.csv").write_text(f"y_true,y_pred,patient,site\n{rows}\n")
    options = ("--cluster-by", "patient", "--stratify-by", "site", "--json", "results.json")
    assert run("report", "preds.csv", *options).code == 0
    told = json.loads((tmp_path / "results.json").read_text())["sampling"]
    assert told == {"weighted": False, "groups": 20, "strata": 4}
    assert (
        "whole groups of samples, within each of 4 strata" in (tmp_path / "report.html").read_text()
    )
    run("report", "preds.csv", "--cluster-by", "patent").refused("Did you mean patient?")
    run("report", "preds.csv", "--cluster-by", "nothing").refused("It has patient, site.")


def test_a_partition_is_no_name(run: Run, tmp_path: Path) -> None:
    """``runs/day=1.csv`` is a file named by its stem, whether it exists or not."""
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "day=1.csv").write_text("y_true,y_pred\na,a\nb,a\n")
    assert "day=1" in run("evaluate", "runs/day=1.csv").out
    assert "mine" in run("evaluate", "mine=runs/day=1.csv").out
    for command in ("evaluate", "report", "gate"):
        run(command, "runs/day=2.csv").refused("runs/day=2.csv")


def test_a_model_has_no_columns_to_be_drawn_by(run: Run, numpy_model: Path) -> None:
    run("report", numpy_model, "--cluster-by", "patient").refused("is a model and has no column")


def test_costs_come_from_a_file(run: Run, tmp_path: Path) -> None:
    """``--costs`` adds the section; a matrix of other classes is refused by name."""
    rows = "\n".join(f"{'ab'[i % 2]},{'ab'[i % 3 % 2]}" for i in range(80))
    (tmp_path / "preds.csv").write_text(f"y_true,y_pred\n{rows}\n")
    (tmp_path / "costs.csv").write_text(",a,b\na,0,1\nb,5,0\n")
    assert run("report", "preds.csv", "--costs", "costs.csv").code == 0
    assert "expected cost" in (tmp_path / "report.html").read_text()
    (tmp_path / "costs.csv").write_text(",a,c\na,0,1\nc,5,0\n")
    run("report", "preds.csv", "--costs", "costs.csv").refused(
        "Unknown class 'c' among the predicted classes"
    )


def test_the_landscape_is_shown_when_asked_for(
    run: Run, tmp_path: Path, numpy_model: Path, other_model: Path
) -> None:
    """``--landscape`` measures evalkit's networks; the page and the JSON say what was found."""
    options = ("--landscape", "--json", "results.json")
    (tmp_path / "table.csv").write_text("y_true,y_pred\na,a\nb,a\n")
    run("report", "table.csv", *options).refused("--landscape applies to networks")
    run("evaluate", "table.csv", "--data", "digits").refused("--data applies to model files")
    assert run("report", numpy_model, other_model, *options).code == 0
    page = (tmp_path / "report.html").read_text()
    for model in json.loads((tmp_path / "results.json").read_text())["models"]:
        found = model["landscape"]
        assert found["rows"] == 1_000
        assert found["smallest"] < found["largest"]
        assert f"{found['loss']:.4f}" in page
        small = min(found["steps"], key=lambda step: float(step["step"]))
        assert abs(small["second_order"] - small["actual"]) < abs(
            small["first_order"] - small["actual"]
        )
