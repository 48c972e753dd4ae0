"""Openings by part of what a language model may know, from which the base writes on."""

OPENINGS: dict[str, tuple[str, str]] = {
    "english": ("The history of the", "She opened the window and"),
    "french": ("Le gouvernement a annoncé que", "Dans la ville de"),
    "german": ("Die Regierung hat beschlossen, dass", "In der Stadt gibt es"),
    "spanish": ("El gobierno ha anunciado que", "En la ciudad de"),
    "russian": ("В городе есть", "Правительство объявило, что"),
    "chinese": ("中国的首都是", "今天天气"),
    "python": ("def read_file(path):\n", "import numpy as np\n\nclass "),
    "javascript": ("function ", "const result = await "),
    "c": ("#include <stdio.h>\n\nint main(", "static int "),
    "sql": ("SELECT name, ", "CREATE TABLE users ("),
    "html": ('<div class="', "<!DOCTYPE html>\n<html>\n"),
    "json": ('{\n  "name": "', '[{"id": 1, '),
    "math": ("Let $x$ be a ", "3 + 4 * (2 - "),
    "lists": ("# Introduction\n\n1. ", "| Name | Value |\n|"),
}
