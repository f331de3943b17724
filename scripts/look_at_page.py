"""Writes the page of an evaluation anew, and pictures of it as a telephone and a desk show it.

    python scripts/look_at_page.py --folder=runs/genre/evaluation --output_dir=pictures

The page is made from the folder's page_data.json. The pictures need Chromium (Debian: apt-get install chromium).
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import argparse

from gansynth_tf.evaluation.page import write_page_again
from scripts.chromium import Chromium, find_chromium

WIDTHS = {"telephone": 390, "desk": 1280}


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", required=True, type=Path, help="folder with page_data.json")
    parser.add_argument("--output_dir", type=Path, help="folder of the pictures; none are made without it")
    options = parser.parse_args(arguments)
    page = write_page_again(options.folder)
    print(f"wrote {page}")
    if not options.output_dir:
        return 0
    binary = find_chromium()
    if not binary:
        print("No Chromium was found, so no pictures were made.")
        return 1
    options.output_dir.mkdir(parents=True, exist_ok=True)
    with Chromium(binary) as browser:
        for name, width in WIDTHS.items():
            for shade in ("light", "dark"):
                browser.dark(shade == "dark")
                browser.open(page.resolve().as_uri(), width)
                for number, picture in enumerate(browser.screenshots()):
                    path = options.output_dir / f"{name}_{shade}_{number}.png"
                    path.write_bytes(picture)
                    print(f"wrote {path}")
        (options.output_dir / "print.pdf").write_bytes(browser.pdf())
    return 0


if __name__ == "__main__":
    sys.exit(main())
