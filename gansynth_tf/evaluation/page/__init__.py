"""The page of an evaluation: `write_page`, and the parts that other pages are made of."""

from gansynth_tf.evaluation.page.page import PAGE_NAME, write_page, write_page_again

__all__ = ["PAGE_NAME", "write_page", "write_page_again"]
