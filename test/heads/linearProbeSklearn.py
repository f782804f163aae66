"""Writes linearProbeSklearn.json: scikit-learn's make_pipeline(StandardScaler(), LogisticRegression(C)) at several C on
features of very different scales, for four classes and for two, and the choice of C on validation rows with a refit on
both.

    python test/heads/linearProbeSklearn.py   # scikit-learn 1.9
"""
import json
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

DIMS = 6
generator = np.random.default_rng(5)
centres = generator.normal(size=(4, DIMS))
scale = np.array([1, 1000, 0.01, 5, 1, 30.0])
offset = np.array([0, 3000, 0.5, -20, 0, 100.0])


def draw(count, classes):
    labels = generator.integers(0, classes, count)
    features = (centres[labels] + generator.normal(size=(count, DIMS)) * 1.2) * scale + offset
    features[:, 4] = 7  # does not vary
    return features.astype(np.float32).astype(float), labels


def pipeline(strength):
    return make_pipeline(StandardScaler(), LogisticRegression(C=strength, tol=1e-10, max_iter=100000))


cases = []
for classes in (4, 2):
    train, validation, test = (draw(count, classes) for count in (60, 40, 25))
    fits = [{"strength": c, "probabilities": pipeline(c).fit(*train).predict_proba(test[0]).flatten().tolist()}
            for c in (1e-3, 1.0, 100.0)]
    strengths = (10.0 ** np.linspace(-2, 3, 21)).tolist()
    scores = [pipeline(c).fit(*train).score(*validation) for c in strengths]
    chosen = strengths[int(np.argmax(scores))]
    both = np.concatenate([train[0], validation[0]]), np.concatenate([train[1], validation[1]])
    refit = pipeline(chosen).fit(*both).predict_proba(test[0]).flatten().tolist()
    flat = lambda rows: {"features": rows[0].astype(float).flatten().tolist(), "labels": rows[1].tolist()}
    cases.append({"classes": classes, "train": flat(train), "validation": flat(validation), "test": flat(test),
                  "fits": fits, "strengths": strengths, "scores": scores, "chosen": chosen, "refit": refit})
Path(__file__).with_suffix(".json").write_text(json.dumps(cases) + "\n")
