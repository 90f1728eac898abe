"""Small tasks in the forms of lm-evaluation-harness, made from the texts in `corpora/`."""
import json
import pathlib
import random
import re

TASK = """task: {name}
dataset_path: json
dataset_kwargs:
  data_files:
    test: {file}
test_split: test
num_fewshot: 0
{body}
metadata:
  version: 1.0
"""
DOCUMENTS = """output_type: loglikelihood_rolling
doc_to_text: ""
doc_to_target: text
metric_list:
  - metric: word_perplexity
  - metric: byte_perplexity
  - metric: bits_per_byte"""
# The three below are the bodies of the harness' own blimp, lambada_openai and of a task with endings.
PAIRS = """output_type: multiple_choice
doc_to_text: ""
doc_to_target: 0
doc_to_choice: "{{[sentence_good, sentence_bad]}}"
metric_list:
  - metric: acc
    aggregation: mean
    higher_is_better: true"""
LAST_WORD = """output_type: loglikelihood
doc_to_text: "{{text.split(' ')[:-1]|join(' ')}}"
doc_to_target: "{{' '+text.split(' ')[-1]}}"
metric_list:
  - metric: perplexity
    aggregation: perplexity
    higher_is_better: false
  - metric: acc
    aggregation: mean
    higher_is_better: true"""
CHOICE = """output_type: multiple_choice
doc_to_text: context
doc_to_choice: endings
doc_to_target: label
metric_list:
  - metric: acc
  - metric: acc_norm
  - metric: acc_bytes"""


def write(folder: pathlib.Path, corpora: pathlib.Path, greedy_word) -> dict[str, pathlib.Path]:
    """Writes all tasks to `folder`; their files by the names of the tasks.

    greedy_word: what the model would write after a text, or None.
    """
    chance = random.Random(3)
    stories = [path.read_text() for path in sorted((corpora / "stories").glob("*.txt"))[:8]]
    languages = [path.read_text()[:600] for path in sorted((corpora / "languages").glob("*.txt"))]
    sentences = [sentence for story in stories for sentence in re.findall(r"[A-Z][^.!?\n]{20,150}[.!?]", story)]
    tasks = {"documents": (DOCUMENTS, documents(stories, languages))}
    for index, change in enumerate((swap, shuffle, repeat)):
        name = f"pairs_{change.__name__}"
        pairs = [{"sentence_good": sentence, "sentence_bad": change(sentence, chance), "field": "syntax",
                  "linguistics_term": "order", "UID": name} for sentence in sentences[index::6][:60]]
        tasks[name] = (PAIRS, pairs)
    paragraphs = [line for story in stories for line in story.split("\n") if 60 < len(line) < 900]
    tasks["last_word"] = (LAST_WORD, [{"text": line} for line in last_words(paragraphs[:80], greedy_word)])
    tasks["choice"] = (CHOICE, choices(paragraphs[80:140], chance))
    return {name: write_task(folder, name, *task) for name, task in tasks.items()}


def documents(stories: list[str], languages: list[str]) -> list[dict]:
    """Documents longer and shorter than a context, in many scripts, with all white space at their ends."""
    texts = [*stories[:1], *languages, "One.", " two words ", "\n\nthree\tshort\u00a0words\u3000here\n", "a" * 64]
    return [{"text": text} for text in texts]


def last_words(paragraphs: list[str], greedy_word) -> list[str]:
    """Paragraphs as they are, and some that end in the word that the model expects."""
    expected = []
    for paragraph in paragraphs[:40]:
        context = " ".join(paragraph.split(" ")[:15])
        if word := greedy_word(context):
            expected.append(f"{context} {word}")
    return paragraphs + expected


def swap(sentence: str, chance: random.Random) -> str:
    words = sentence.split(" ")
    place = chance.randrange(len(words) - 1)
    words[place:place + 2] = words[place + 1], words[place]
    return " ".join(words)


def shuffle(sentence: str, chance: random.Random) -> str:
    words = sentence.split(" ")
    return " ".join([words[0], *chance.sample(words[1:], len(words) - 1)])


def repeat(sentence: str, chance: random.Random) -> str:
    words = sentence.split(" ")
    words[chance.randrange(len(words))] = chance.choice(words)
    return " ".join(words)


def choices(paragraphs: list[str], chance: random.Random) -> list[dict]:
    """The second half of a paragraph among those of others; some contexts end with white space or are empty."""
    halves = []
    for index, paragraph in enumerate(paragraphs):
        words = paragraph.split(" ")
        middle = 0 if index % 15 == 0 else max(1, len(words) - 6)
        space = " " if middle and index % 7 == 0 else ""
        halves.append((" ".join(words[:middle]) + space, " ".join(words[middle:][:8])))
    examples = []
    for index, (context, ending) in enumerate(halves):
        others = [halves[other][1] for other in chance.sample(range(len(halves)), 4) if other != index][:3]
        label = chance.randrange(len(others) + 1)
        examples.append({"context": context, "endings": others[:label] + [ending] + others[label:], "label": label})
    return examples


def write_task(folder: pathlib.Path, name: str, body: str, examples: list[dict]) -> pathlib.Path:
    file = folder / f"{name}.jsonl"
    file.write_text("".join(json.dumps(example, ensure_ascii=False) + "\n" for example in examples))
    (folder / f"{name}.yaml").write_text(TASK.format(name=name, file=file, body=body))
    return file
