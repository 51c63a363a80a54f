"""Cosines of scikit-learn's TfidfVectorizer for the texts of src/clusters/similarity.rs: writes tfidf.csv beside itself.

stems: first five letters of each word, 1 + ln(count), smoothed idf, unit length; ours is the same formula.
groups: char_wb of 3-5 letters; ours takes a group's frequency from those of its words, so it only comes near.
"""

import csv
import pathlib

from sklearn.feature_extraction.text import TfidfVectorizer

TEXTS = [
    "the lid of the tin leaks and the paint runs over the carpet",
    "paint leaked from under the lid onto the carpet of the car",
    "the lid leaks",
    "kapak sizdiriyor boya arabanin halisina akti",
    "arabanin halisina boya akti kapak kapanmiyor",
    "крышка течет краска залила коврик",
    "краска течет крышка крышка не закрывается",
    "the invoice was charged twice and nobody refunds the money",
    "invoice charged two times refund the money please",
]

stems = TfidfVectorizer(
    analyzer=lambda text: [word[:5] for word in text.split()], sublinear_tf=True
).fit_transform(TEXTS)
groups = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True).fit_transform(TEXTS)
with open(pathlib.Path(__file__).with_name("tfidf.csv"), "w", newline="") as out:
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["a", "b", "stems", "groups"])
    for a in range(len(TEXTS)):
        for b in range(a + 1, len(TEXTS)):
            cosine = lambda matrix: f"{(matrix[a] @ matrix[b].T).toarray()[0, 0]:.6f}"
            table.writerow([a, b, cosine(stems), cosine(groups)])
