"""The hand-written text of the page: the introduction, and notes on what fails."""

INTRODUCTION = """\
evalkit makes a claim only if a test supports it, and it shows intervals with most values. This page
says how often such claims are false, and how often the intervals contain the true value. Both rates
were simulated.

**Population.** A population is a set of known rates: classes and their prevalence, models of known
quality, the number of samples, and their groups or weights. At least 1,000 data sets are drawn from
each. The true values are known, so each claim is known to be true or false. *K* is the number of
classes and *n* the number of samples.

**Nominal.** The nominal value is what evalkit promises. A test at the 5 % level may claim a
difference in at most 5 % of the data sets if there is none. A 95 % interval should contain the true
value in at least 95 %.

**Standard error.** A rate near 5 % or 95 % from 1,000 data sets has a standard error of 0.7 points.
A population *fails*, and its rate is bold, if the rate is worse than nominal by more than three
standard errors. By chance alone, about one in 700 populations with an exactly nominal rate would
fail. {failing} of {tested} populations fail. Data sets in which a value is undefined are
omitted.{fewer}

**How to repeat it.** `python -m benchmarks.validity --output docs/validity.md` simulates all
{cells} populations in about half an hour and writes this page. `--only pairs` runs one module. To
save time, intervals are resampled 100 to 1,999 times here, and 10,000 times by default in the
product, and *n* is rarely above 10,000."""

CLAIMS = """\
How often evalkit makes the claim although it is false. Each of ten checks of a gate may be wrong in
0.5 %."""
FEW_OF_A_CLASS = (
    "The bootstrap of two independent samples needs some samples of each class. The report says "
    'which classes have too few samples ("Too few samples").'
)
GATE = "a gate decides wrongly where every value is the bound of its rule"
WILSON = (
    "Wilson's interval covers at the nominal rate on average over all true values, not at each: "
    "near 0 and 1 it covers less. Reports show it. A gate decides by Clopper and Pearson's limits."
)
RARE = (
    "It covers too little with fewer than about 40 samples of a class. The report says which "
    'classes have too few samples ("Too few samples"). A gate decides by other limits.'
)
MANY_CLASSES = (
    "Macro F1 of few samples per class is too low on average, and a bootstrap repeats this bias: "
    "with 400 classes of ten samples it is as large as the standard error. The report says that "
    "the classes have too few samples, and that macro F1 is too low then."
)
NOT_IN_REPORTS = (
    "No report and no gate uses this function. It covers too little if few errors are expected."
)
NOTES = {
    **{
        (value, "Wilson"): WILSON
        for value in ("accuracy", "recall of the rarest class", "precision of the rarest class")
    },
    ("F1 of the rarest class", "smoothed bootstrap"): RARE,
    ("Cohen's kappa", "smoothed bootstrap"): RARE,
    ("macro F1", "smoothed bootstrap"): MANY_CLASSES,
    ("F1 of the rarest class", "Beta posterior"): NOT_IN_REPORTS,
    ("macro F1", "Takahashi"): NOT_IN_REPORTS,
    ("macro F1 differs, independent samples", "bootstrap"): FEW_OF_A_CLASS,
    ("difference in macro F1, independent samples", "bootstrap"): FEW_OF_A_CLASS,
    ("highest accuracy of many models, marked as not corrected", "Wilson"): (
        "The interval is that of one model, and the model was selected. From three models on, the "
        "report says so and shows the corrected interval as well."
    ),
    ("macro precision differs, same samples", "permutation"): (
        "The studentized test is approximate where one model predicts a class in only a few "
        "samples and the other in many more. The report says which classes have too few samples."
    ),
    ("two of many models are equivalent", "score tests, Holm"): (
        "The score test is approximate where few answers differ. With 273 samples and a margin of "
        "1 point, a model that is worse by the margin makes no error with a probability of "
        "0.99²⁷³ = 6.4 %, and is then called equivalent to a perfect one. The report has a note if "
        "the margin is fewer than 10 samples. "
        "In 12 other sizes from 100 to 3,000 samples, with margins of 1 and 2 points, the exact "
        "rate was at most 6.0 %."
    ),
    ("log loss or Brier score differs", "t and bootstrap t"): (
        "Few samples contain no rare large loss, and no method sees what is not there. The report "
        "warns below 500 samples or groups."
    ),
    ("interquartile mean", "trimmed t over seeds"): (
        "The trimmed t of few runs is approximate. A report calls the standard deviation of fewer "
        "than five runs very uncertain; it does not warn at five."
    ),
    (GATE, "gamma limits"): (
        "With 100 classes of 20 samples, macro F1 is too low on average, and the limits do not "
        'correct this bias. The gate says "about" α, not "at most".'
    ),
}
"""What evalkit does where a claim or an interval fails, by subject and method."""

OTHER_LIMITS = """\
**Low power.** A history on one test set pays for a test at each look: its paired *t* test of
blocks has few degrees of freedom at small levels. With 30 runs on 1,000 samples it finds a fall
from 99.9 % to 98.9 % in 1 % of histories. The paired test once at the end finds it in 34 %,
and Fisher's exact test at each look, which ignores that the samples are the same, in 99 %.
Therefore `evalkit history` makes both tests of accuracy, each with half of α. In 300 histories of
each of the five populations with 30 runs, both together found the change in 63 to 99 %, and showed
one without a change in at most 1.0 %.

Not simulated are data from other populations than that of the test set, thresholds that were
selected on the test set, metrics of several labels per sample, and Bayesian probabilities, which
depend on their prior. [Statistics](statistics.md#limitations) describes these limits."""
