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

**How to repeat it.** `python -m benchmarks.validity --output docs/validity.md` simulates all {cells}
populations in about half an hour, and writes this page. `--only pairs` runs one module. To save
time, the intervals are resampled 100 to 1,999 times here, and 10,000 times by default in the product;
*n* is at most 10,000 in most populations."""

NOTES: dict[tuple[str, str], str] = {}

OTHER_LIMITS = ""
