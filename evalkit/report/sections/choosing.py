"""Section on choosing a metric by what errors cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.metrics.catalog import CATALOG
from evalkit.metrics.quantities import base_metric
from evalkit.narrative.wording import UNITS

if TYPE_CHECKING:
    from evalkit.report.subject import Subject


@dataclass(frozen=True)
class Advice:
    """A situation and the metric for it."""

    situation: str
    example: str
    metric: str
    anchor: str


@dataclass(frozen=True)
class Definition:
    """The definition of one metric."""

    label: str
    anchor: str
    definition: str
    formula: str
    use: str
    undefined: str
    scale: str


@dataclass(frozen=True)
class Choosing:
    """The content of the section."""

    advice: tuple[Advice, ...]
    definitions: tuple[Definition, ...]


ADVICE = (
    Advice(
        "False positives are costly",
        "spam filters, recommendations",
        "precision, or F with β below\N{NO-BREAK SPACE}1",
        "define-precision",
    ),
    Advice(
        "False negatives are costly",
        "screening for a disease, fraud detection",
        "recall, or F with β above\N{NO-BREAK SPACE}1",
        "define-recall",
    ),
    Advice(
        "Both cost about the same, and true negatives do not matter",
        "document search",
        "F with β = 1",
        "define-f-beta",
    ),
    Advice(
        "Classes are balanced, and all errors cost the same",
        "recognition of digits",
        "accuracy",
        "define-accuracy",
    ),
    Advice(
        "Classes are imbalanced, and each matters",
        "recognition of rare species",
        "macro averages, Matthews' coefficient",
        "define-matthews-corrcoef",
    ),
    Advice(
        "The probabilities themselves are used",
        "forecasts, thresholds that are selected later",
        "log loss, calibration error, AUC",
        "define-log-loss",
    ),
)


def collect(subject: Subject) -> Choosing:
    """Return the advice and the definitions of all metrics on the page."""
    model = subject.comparison.models[0]
    keys = [*model.per_class, *model.overall]
    if any(other.probability is not None for other in subject.comparison.models):
        keys += [
            "log_loss",
            "brier_score",
            "expected_calibration_error",
            "top_k_accuracy",
            "roc_auc",
        ]
    keys += [metric.metric for metric in subject.comparison.summary_metrics]
    bases = [base for base in dict.fromkeys(base_metric(key) for key in keys) if base in CATALOG]
    defined = {f"define-{base.replace('_', '-')}" for base in bases}
    return Choosing(
        tuple(advice for advice in ADVICE if advice.anchor in defined),
        tuple(_definition(base) for base in bases),
    )


def _definition(base: str) -> Definition:
    metric = CATALOG[base]
    unit = UNITS.get(base, "percent")
    return Definition(
        label=metric.label,
        anchor=f"define-{base.replace('_', '-')}",
        definition=metric.definition,
        formula=metric.formula,
        use=metric.use,
        undefined=metric.undefined,
        scale="0 to 100 %" if unit == "percent" else metric.range,
    )
