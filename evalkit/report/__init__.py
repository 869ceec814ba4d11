"""The report: one self-contained HTML page of a comparison, collected, plotted and rendered."""
