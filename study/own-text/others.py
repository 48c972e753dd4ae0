"""Other texts than the base's own: to measure perplexity on, and to train candidates on."""

import gettext
import json
import sys
from pathlib import Path
from random import Random

sys.path[:0] = [str(Path(__file__).parent.parent), str(Path(__file__).parent.parent / "dose")]

from adapters import documentation, mmlu, right, write_texts  # noqa: E402

CODE = 500
HELD = ["heapq", "textwrap", "colorsys", "bisect"]
SEEN = ["argparse", "ast", "calendar", "csv", "difflib", "fractions", "gzip", "imaplib", "inspect", "json/decoder", "logging/handlers", "mailbox", "pathlib", "pickle", "queue", "random", "shutil", "smtplib", "socket", "statistics", "string", "tarfile", "threading", "typing", "unittest/case", "zipfile"]
HELD_FRENCH = [
    "Le petit village se trouve au bord d'une rivière, à quelques kilomètres de la mer. Chaque matin, les pêcheurs préparent leurs filets avant que le soleil ne se lève, "
    "et les enfants descendent vers l'école en courant. Autrefois, il y avait ici un marché où l'on vendait du poisson, des légumes et du pain.",
    "La photosynthèse est le processus par lequel les plantes transforment la lumière du soleil en énergie. Elles absorbent le dioxyde de carbone de l'air et l'eau du sol, "
    "puis elles produisent du sucre et de l'oxygène. Sans ce processus, la vie sur la Terre ne serait pas possible.",
    "Hier soir, j'ai retrouvé mes amis au restaurant pour fêter l'anniversaire de Marie. Nous avons beaucoup parlé de nos vacances, et Paul nous a raconté son voyage en Italie. "
    "Il pleuvait quand nous sommes partis, mais personne n'avait pris de parapluie.",
    "Pour préparer une soupe à l'oignon, il faut couper les oignons en fines tranches et les faire cuire doucement dans le beurre pendant une demi-heure. Ajoutez ensuite le bouillon, "
    "un peu de vin blanc et du sel. Servez la soupe très chaude avec du pain grillé et du fromage.",
    "La Révolution française a commencé en 1789. Le roi avait besoin d'argent, et les paysans souffraient de la faim. L'Assemblée nationale a aboli les privilèges de la noblesse "
    "et proclamé les droits de l'homme et du citoyen.",
]
HELD_PROSE = 25


def modules(names: list[str]) -> list[str]:
    library = Path(json.__file__).parent.parent
    texts = [(library / f"{name}.py").read_text("utf8") for name in names]
    return [text[start : start + CODE] for text in texts for start in range(0, len(text) - CODE, CODE)]


def french(catalogs: Path) -> list[tuple[str, str]]:
    """Messages of programs in English and French."""
    found = {}
    for path in sorted(catalogs.glob("*.mo")):
        with path.open("rb") as file:
            catalog = gettext.GNUTranslations(file)._catalog
        found |= {key: text for key, text in catalog.items() if isinstance(key, str) and isinstance(text, str) and len(text) > 80 and "%" not in text}
    return sorted(found.items())


def write(data: Path, catalogs: Path, out: Path) -> None:
    """Written once: `others.json` to measure, `material.json` to train."""
    out.mkdir(parents=True, exist_ok=True)
    write_texts(data, out)
    random = Random(41)
    truth = json.loads((out / "truth-texts.json").read_text("utf8"))
    held, seen, pairs = modules(HELD), modules(SEEN), french(catalogs)
    random.shuffle(held)
    random.shuffle(seen)
    random.shuffle(pairs)
    # Half problems, half statements.
    others = {"prose": truth[:HELD_PROSE] + truth[-HELD_PROSE:], "french": HELD_FRENCH, "python": held[:8]}
    (out / "others.json").write_text(json.dumps(others, indent=1) + "\n")
    rows = mmlu(data, "high_school_geography") + mmlu(data, "global_facts")
    random.shuffle(rows)
    plain = documentation()
    random.shuffle(plain)
    material = {
        "statements": [f"{row['question'].strip()} {right(row)}" for row in rows],
        "answers": [(row["question"].strip(), right(row)) for row in rows],
        "french": pairs,
        "python": seen,
        "documentation": plain,
    }
    (out / "material.json").write_text(json.dumps(material) + "\n")


if __name__ == "__main__":
    write(*map(Path, sys.argv[1:4]))
