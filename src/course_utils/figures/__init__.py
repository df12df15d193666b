"""The figures of each chapter, drawn by the same functions on the page and on the slides."""
