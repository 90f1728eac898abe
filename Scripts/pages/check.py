"""Checks the pages of `crate-lm report` in a browser.

Trains two small models on corpora/, writes their pages, opens them in Chromium, light and dark, 400 and 1,400 pixels
wide, and compares what a reader sees with `analyze text` and metrics.jsonl.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from playwright.sync_api import sync_playwright
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
NASTY = 'She said "no" <b>& left</b>; \'it\' was שלום עולם, e\u0301, 👩\u200d🚀 </script>.'
# What a page shows is rounded to three digits behind the point.
ROUNDING = 5.1e-4


def run(*words: str) -> str:
    return subprocess.run([PROGRAM, *words], check=True, stdout=subprocess.PIPE, text=True).stdout


def train(folder: pathlib.Path) -> None:
    corpus = str(pathlib.Path(__file__).parents[2] / "corpora" / "stories")
    run("tokenizer", "train", corpus, "--vocab-size", "600", "-o", f"{folder}/tokenizer", "-q")
    run("tokenizer", "train", corpus, "--type", "wordpiece", "--vocab-size", "600", "-o", f"{folder}/masked-tokenizer", "-q")
    shape = ["--depth", "2", "--width", "32", "--heads", "2", "--context", "128", "--steps", "40", "--seed", "1", "-q",
             "--analyze-every", "20", "--sample-every", "10", "--eval-every", "10"]
    for name, objective, more in [("", "causal", ["--tensorboard", f"{folder}/events"]), ("masked-", "masked", [])]:
        run("data", "pack", corpus, "--tokenizer", f"{folder}/{name}tokenizer", "-o", f"{folder}/{name}data", "-q")
        run("pretrain", "--data", f"{folder}/{name}data", "-o", f"{folder}/{name}run", "--objective", objective, *shape, *more)


def lines(run_directory: pathlib.Path) -> list[dict]:
    return [json.loads(line) for line in (run_directory / "metrics.jsonl").read_text().splitlines()]


def check_run_page(page, folder: pathlib.Path) -> None:
    """The last row of the table of losses is the last line of the log."""
    log = lines(folder / "run")
    rows = page.locator("figure table").first.locator("tr").all_text_contents()
    last = page.locator("figure table").first.locator("tr").last.locator("td").all_text_contents()
    assert len(rows) > 5 and len(last) == 3, rows
    for shown, key in zip(last[1:], ["loss", "validation_loss"]):
        assert abs(float(shown) - log[-1][key]) < 1e-4 * log[-1][key], (shown, log[-1][key])
    body = page.locator("body").inner_text()
    sample = next(line["sample"] for line in log if "sample" in line)
    # A browser shows runs of white space in tables as they are.
    assert sample in body, sample


def check_model_page(page, folder: pathlib.Path, prefix: str) -> None:
    """Every number of a chosen token is that of `analyze text`."""
    found = json.loads(run("analyze", "text", f"{folder}/{prefix}run", NASTY, "--top", "12", "--json"))["tokens"]
    sentence = page.locator(".sentence").first
    assert sentence.locator("p").first.text_content() == NASTY
    buttons = sentence.locator(".token")
    assert buttons.count() == len(found), (buttons.count(), len(found))
    for index in [1, len(found) // 2, len(found) - 1]:
        buttons.nth(index).click()
        entry = found[index]
        title = sentence.locator("h3").text_content()
        if entry["loss"] is not None:
            assert abs(float(re.search(r"loss ([\d.]+)", title)[1]) - entry["loss"]) < ROUNDING, (title, entry["loss"])
        values = [float(text) for text in sentence.locator(".waterfall td:last-child").all_text_contents()]
        expected = [term["value"] for term in entry["contributions"]] + [entry["remainder"], entry["logit"]]
        assert len(values) == len(expected)
        assert all(abs(a - b) < ROUNDING for a, b in zip(values, expected)), (values, expected)
        for layer, row in enumerate(sentence.locator(".lens tr").all()[1:]):
            text = row.locator("td").nth(1).text_content()
            shares = [float(share) for share in re.findall(r"([\d.]+) %", text)]
            expected = [100 * candidate["probability"] for candidate in entry["layers"][layer]]
            assert all(abs(a - b) < 0.051 for a, b in zip(shares[-3:], expected)), (text, expected)
    buttons.first.click()
    maps = sentence.locator(".maps button")
    assert maps.count() == 4, maps.count()
    colors = lambda: buttons.evaluate_all("all => all.map(token => getComputedStyle(token).backgroundColor)")
    before = colors()
    maps.first.click()
    assert maps.first.get_attribute("aria-pressed") == "true" and colors() != before
    buttons.nth(1).click()
    assert colors() == before, "the colours of another token's attention stay"


def look(browser, file: pathlib.Path, check) -> None:
    for scheme in ["light", "dark"]:
        for width in [400, 1400]:
            page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})
            problems = []
            page.on("console", lambda message: problems.append(message.text))
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.on("request", lambda request: request.url.startswith("file:") or problems.append(request.url))
            page.goto(file.as_uri())
            check(page)
            room = page.evaluate("document.documentElement.scrollWidth")
            assert room <= width, f"{file.name} is {room} pixels wide in a window of {width}"
            color = page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert (color == "rgb(255, 255, 255)") == (scheme == "light"), color
            assert not problems, problems
            page.close()
    print(f"{file.name}: {file.stat().st_size} bytes, right at 400 and 1400 pixels, light and dark")


def check_size(folder: pathlib.Path) -> None:
    """A run of 600,000 steps has a page as large as one of 600."""
    sizes = []
    for steps in [600, 600_000]:
        long = folder / f"run-{steps}"
        long.mkdir()
        shutil.copy(folder / "run" / "config.json", long)
        line = lines(folder / "run")[0]
        with (long / "metrics.jsonl").open("w") as file:
            for step in range(1, steps + 1):
                line |= {"step": step, "tokens": 1000 * step, "seconds": 0.1 * step, "loss": 2 + 5 / step}
                if step % (steps // 100) == 0:
                    line |= {"validation_loss": 2.1 + 5 / step}
                else:
                    line.pop("validation_loss", None)
                file.write(json.dumps(line) + "\n")
        run("report", str(long), "-o", f"{folder}/{steps}.html", "-q")
        sizes.append((folder / f"{steps}.html").stat().st_size)
    assert sizes[1] < 1.1 * sizes[0] < 3e6, sizes
    print(f"600 steps: {sizes[0]} bytes; 600,000 steps: {sizes[1]} bytes")


def check_events(folder: pathlib.Path) -> None:
    events = EventAccumulator(str(folder / "events"))
    events.Reload()
    log = lines(folder / "run")
    assert [event.step for event in events.Scalars("loss/training")] == [line["step"] for line in log]
    for tag, key in [("loss/training", "loss"), ("loss/validation", "validation_loss"), ("learning_rate", "learning_rate"),
                     ("gradient_norm", "gradient_norm")]:
        expected = [line[key] for line in log if key in line]
        # Events hold single precision.
        assert all(abs(event.value - value) <= 6e-8 * value for event, value in zip(events.Scalars(tag), expected)), tag
    print(f"TensorBoard reads {len(log)} updates")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        train(folder)
        check_events(folder)
        check_size(folder)
        run("report", f"{folder}/run", "-o", f"{folder}/run.html", "-q")
        run("report", f"{folder}/run", f"{folder}/masked-run", "-o", f"{folder}/runs.html", "-q")
        for prefix in ["", "masked-"]:
            run("report", "--model", f"{folder}/{prefix}run", "--data", f"{folder}/{prefix}data", "--text", NASTY, "-o",
                f"{folder}/{prefix}model.html", "-q")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            look(browser, folder / "run.html", lambda page: check_run_page(page, folder))
            look(browser, folder / "runs.html", lambda page: None)
            look(browser, folder / "model.html", lambda page: check_model_page(page, folder, ""))
            look(browser, folder / "masked-model.html", lambda page: check_model_page(page, folder, "masked-"))
            browser.close()


main()
