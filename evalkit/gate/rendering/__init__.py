"""A decision as text: for the terminal, as JUnit XML, as Markdown, as annotations."""
